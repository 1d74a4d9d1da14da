"""Writes a `pylock.toml` (PEP 751) that uv and pip install, and refuse on another platform or Python."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import tomlkit
from packaging.markers import Marker
from packaging.pylock import Package, PackageWheel, Pylock, PylockValidationError, is_valid_pylock_path
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from tomlkit.exceptions import TOMLKitError

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.lock.header import make_header
from gpuenv.lock.places import index_url
from gpuenv.lock.pylock_table import own_table
from gpuenv.lock.uv_extra import platform_marker
from gpuenv.models.execution import LockedPackage
from gpuenv.models.index import SourceKind
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.resolution import Resolution
    from gpuenv.models.target import Target

_VERSION: Final = Version("1.0")
_NETWORK: Final = ("https://", "http://")


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


def locked_packages(pylock: Pylock) -> tuple[LockedPackage, ...]:
    """List the packages as the other formats have them, by name."""
    return tuple(
        LockedPackage(
            project=package.name,
            version=package.version,
            hashes=tuple(sorted({digest for wheel in package.wheels or () for digest in _digests(wheel)})),
            marker=str(package.marker) if package.marker is not None else None,
        )
        for package in sorted(pylock.packages, key=lambda package: package.name)
        if package.version is not None
    )


def render_pylock(
    resolution: Resolution, engine: Pylock, *, target: Target, matrix_version: str, is_canonical: bool
) -> str:
    """Make the text of the file from uv's: wheels only, without times, local paths or credentials.

    `is_canonical`: wheels of PyTorch's index are named by the address that the pins' sources have, whatever mirror uv
    read them from; else as uv was told.

    Raises `lock-wheel-missing` where a package has no wheel for the target, `lock-source-is-local` where a wheel lies
    in a folder, `lock-hash-missing` where one has no hash, and `lock-pin-not-resolved` where a pin is not there.
    """
    _check_pins(resolution, engine)
    made = Pylock(
        lock_version=_VERSION,
        environments=[Marker(platform_marker(target.platform.name))],
        requires_python=SpecifierSet(f"=={target.python.major}.{target.python.minor}.*"),
        created_by="gpuenv",
        packages=[
            _package(package, resolution, is_canonical=is_canonical)
            for package in sorted(engine.packages, key=lambda package: package.name)
        ],
        tool={"gpuenv": own_table(make_header(resolution, target=target, matrix_version=matrix_version))},
    )
    made.validate()
    return _written(made.to_dict())


def _check_pins(resolution: Resolution, engine: Pylock) -> None:
    resolved = {package.name: package.version for package in engine.packages}
    for pin in resolution.pins:
        found = resolved.get(pin.project)  # type: ignore[call-overload]
        if found != pin.version:
            raise GpuenvError("lock-pin-not-resolved", requirement=pin.requirement, found=str(found) if found else None)


def _package(package: Package, resolution: Resolution, *, is_canonical: bool) -> Package:
    if not package.wheels:
        raise GpuenvError("lock-wheel-missing", project=package.name, version=str(package.version))
    pin = resolution.pin(package.name)
    if pin is None and package.version is not None and package.version.local:
        # The default index takes no local labels: this came from torch's own index.
        pin = resolution.pin("torch")
    index = index_url(pin, resolution.pins, package.name) if pin is not None else None
    canonical = index if is_canonical and pin is not None and pin.source.kind is SourceKind.PYTORCH else None
    return Package(
        name=package.name,
        version=package.version,
        marker=package.marker,
        index=index,
        wheels=[
            _wheel(wheel, package, canonical) for wheel in sorted(package.wheels, key=lambda wheel: wheel.filename)
        ],
    )


def _wheel(wheel: PackageWheel, package: Package, index: str | None) -> PackageWheel:
    if not list(_digests(wheel)):
        raise GpuenvError("lock-hash-missing", packages=(package.name,))
    if wheel.url is None or not wheel.url.startswith(_NETWORK):
        folder = PurePath(wheel.path).parent if wheel.path else urlsplit(wheel.url or "").path.rpartition("/")[0]
        raise GpuenvError("lock-source-is-local", project=package.name, folder=str(folder))
    url = f"{index.rstrip('/')}/{quote(wheel.filename)}" if index is not None else redact_url(wheel.url)
    return PackageWheel(url=url, hashes={"sha256": wheel.hashes["sha256"]})


def _digests(wheel: PackageWheel) -> tuple[str, ...]:
    """Give the one digest that is written; weaker ones protect nobody."""
    digest = wheel.hashes.get("sha256")
    return (f"sha256:{digest}",) if digest else ()


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
            table[key] = _lines(value) if key == "wheels" else value
        packages.append(table)
    document["packages"] = packages
    own = tomlkit.table()
    for key, value in data["tool"]["gpuenv"].items():
        own[key] = _lines(value) if key == "gpus" else value
    tool = tomlkit.table(is_super_table=True)
    tool["gpuenv"] = own
    document["tool"] = tool
    return tomlkit.dumps(document)


def _lines(entries: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - tomlkit's array, or nothing to write
    array = tomlkit.array()
    for entry in entries:
        table = tomlkit.inline_table()
        for key, value in entry.items():
            if isinstance(value, dict):
                inner = tomlkit.inline_table()
                inner.update(value)
                table[key] = inner
            else:
                table[key] = value
        array.append(table)
    return array.multiline(multiline=bool(entries))
