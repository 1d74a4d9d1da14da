"""Writes a `pylock.toml` (PEP 751) that uv and pip install, and refuse on another platform or Python."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import tomlkit
from packaging.markers import Marker
from packaging.pylock import (
    Package,
    PackageSdist,
    PackageWheel,
    Pylock,
    PylockValidationError,
    is_valid_pylock_path,
)
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from tomlkit.exceptions import TOMLKitError

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.lock.files import check_pins, locked_files, locked_packages
from gpuenv.lock.header import make_header
from gpuenv.lock.places import index_url, is_local
from gpuenv.lock.pylock_table import own_table
from gpuenv.lock.uv_extra import platform_marker
from gpuenv.models.index import SourceKind
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.lock.files import LockedFile
    from gpuenv.lock.header import LockedSource
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.target import Target

_VERSION: Final = Version("1.0")


def check_pylock_name(path: Path) -> None:
    """Raise `pylock-name-invalid` for a file name under which no installer would take a pylock."""
    if not is_valid_pylock_path(path):
        stem = path.name.removesuffix(".toml").removeprefix("pylock").strip(".").replace(".", "-")
        name = f"pylock.{stem}.toml" if stem else "pylock.toml"
        raise UsageError("pylock-name-invalid", name=path.name, better=name)


def parse_engine_pylock(text: str) -> Pylock:
    """Read what uv made; `tests/data/lock/pylock-uv.toml` is a sample. Raises `pylock-not-understood`."""
    try:
        return Pylock.from_dict(tomlkit.parse(text).unwrap())
    except (TOMLKitError, PylockValidationError) as error:
        raise GpuenvError("pylock-not-understood", detail=str(error)) from error


def render_pylock(
    resolution: Resolution,
    engine: Pylock,
    *,
    target: Target,
    matrix_version: str,
    is_canonical: bool,
    sources: Sequence[LockedSource] = (),
    folder: str | None = None,
) -> str:
    """Make the text of the file from uv's: one file a package, without times, local paths or credentials.

    `is_canonical`: wheels of PyTorch's index are named by the address that the pins' sources have, whatever mirror uv
    read them from; else as uv was told. `sources` are the packages whose source archive is locked. `folder`, relative
    to the file, holds copies of what no index has.

    Raises the codes of `locked_files`, `lock-wheel-missing` where a package has no wheel for the target,
    `lock-source-is-local` where a file lies in a folder, and `lock-pin-not-resolved` where a pin is not there.
    """
    for package in engine.packages:
        if not package.wheels and package.name not in {source.project for source in sources}:
            raise GpuenvError("lock-wheel-missing", project=package.name, version=str(package.version))
    files = locked_files(engine)
    check_pins([(pin.project, pin.version, pin.requirement) for pin in resolution.pins], locked_packages(files))
    markers = {package.name: package.marker for package in engine.packages}
    made = Pylock(
        lock_version=_VERSION,
        environments=[Marker(platform_marker(target.platform.name))],
        requires_python=SpecifierSet(f"=={target.python.major}.{target.python.minor}.*"),
        created_by="gpuenv",
        packages=[
            _package(tuple(of_project), markers.get(project), resolution, is_canonical=is_canonical, folder=folder)
            for project, of_project in groupby(files, key=lambda file: canonicalize_name(file.project))
        ],
        tool={
            "gpuenv": own_table(make_header(resolution, target=target, matrix_version=matrix_version, sources=sources))
        },
    )
    made.validate()
    return _written(made.to_dict())


def _package(
    files: Sequence[LockedFile],
    marker: Marker | None,
    resolution: Resolution,
    *,
    is_canonical: bool,
    folder: str | None,
) -> Package:
    project, version = files[0].project, files[0].version
    pin = resolution.pin(project)
    if pin is None and version.local:
        # The default index takes no local labels: this came from torch's own index.
        pin = resolution.pin("torch")
    is_vendored = folder is not None and pin is not None and is_local(pin)
    index = index_url(pin, resolution.pins, project) if pin is not None and not is_vendored else None
    canonical = index if is_canonical and pin is not None and pin.source.kind is SourceKind.PYTORCH else None
    places = [_place(file, canonical, folder) for file in files]
    return Package(
        name=canonicalize_name(project),
        version=version,
        marker=marker,
        index=index,
        sdist=next((PackageSdist(**place) for place, file in zip(places, files, strict=True) if file.is_source), None),
        wheels=[PackageWheel(**place) for place, file in zip(places, files, strict=True) if not file.is_source] or None,
    )


def _place(file: LockedFile, index: str | None, folder: str | None) -> dict[str, Any]:
    hashes = {"sha256": file.sha256}
    if file.is_local:
        if folder is None:
            raise GpuenvError("lock-source-is-local", project=file.project, folder=file.folder)
        return {"path": f"{folder}/{file.filename}", "hashes": hashes}
    url = f"{index.rstrip('/')}/{quote(file.filename)}" if index is not None else redact_url(file.location)
    return {"url": url, "hashes": hashes}


def _written(data: Mapping[str, Any]) -> str:
    """Write the tables in the order of the specification, each wheel and GPU on a line of its own."""
    document = tomlkit.document()
    for key, value in data.items():
        if key not in {"packages", "tool"}:
            document[key] = value
    packages = tomlkit.aot()
    for package in data["packages"]:
        table = tomlkit.table()
        for key, value in package.items():
            table[key] = _lines(value) if key == "wheels" else _inline(value) if key == "sdist" else value
        packages.append(table)
    document["packages"] = packages
    own = tomlkit.table()
    for key, value in data["tool"]["gpuenv"].items():
        own[key] = _lines(value) if key in {"gpus", "sources"} else value
    tool = tomlkit.table(is_super_table=True)
    tool["gpuenv"] = own
    document["tool"] = tool
    return tomlkit.dumps(document)


def _lines(entries: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - tomlkit's array, or nothing to write
    array = tomlkit.array()
    array.extend(_inline(entry) for entry in entries)
    return array.multiline(multiline=bool(entries))


def _inline(entry: Mapping[str, Any]) -> Any:  # noqa: ANN401 - tomlkit's inline table
    table = tomlkit.inline_table()
    for key, value in entry.items():
        table[key] = _inline(value) if isinstance(value, dict) else value
    return table
