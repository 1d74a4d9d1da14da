"""Reads `torch.toml`: builds of torch, their companions, and the nightly channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import (
    parse_code_set,
    parse_free_threaded,
    parse_platform,
    parse_project,
    parse_python_range,
    parse_specifiers,
    parse_tag,
    parse_tags,
    parse_version,
)
from gpuenv.models.matrix import CompanionRelease, NightlyChannel, Provenance, TorchBuild

if TYPE_CHECKING:
    from packaging.version import Version

    from gpuenv.matrix.table import Table
    from gpuenv.models.platform import PythonVersion

_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchFile:
    """What `torch.toml` holds."""

    builds: tuple[TorchBuild, ...]
    companions: tuple[CompanionRelease, ...]
    nightly: tuple[NightlyChannel, ...]
    unused_sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Release:
    """What the builds of one release share."""

    version: Version
    python: tuple[PythonVersion, PythonVersion]
    free_threaded: tuple[PythonVersion, ...]
    cudnn: dict[str, Version]
    provenance: Provenance


def parse_torch(root: Table) -> TorchFile:
    """Give `torch.toml` its meaning; `matrix-invalid` for anything that has none.

    [[release]]
    version = "2.9.1"
    python = "3.10..3.14"
    free_threaded = "3.13t 3.14t"
    cudnn = { cu128 = "9.10.2.21" }
    source = "release-2.9.1"
    build = [{ tag = "cu128", platform = "linux-x86_64", sass = "70 75 80", pypi = true, source = "wheel-2.9.1" }]
    """
    sources = Sources(root)
    builds: list[TorchBuild] = []
    for table in root.tables("release"):
        release = _release(table, sources)
        seen: set[tuple[str, str]] = set()
        for row in table.tables("build"):
            build = _build(row, release, sources)
            if (build.tag, build.platform) in seen:
                raise row.error("", "duplicate", f"{build.label} {build.platform}")
            seen.add((build.tag, build.platform))
            builds.append(build)
        table.finish()
    companions = tuple(_companion(table, sources) for table in root.tables("companion"))
    nightly = tuple(_nightly(table, sources) for table in root.tables("nightly"))
    root.finish()
    return TorchFile(builds=tuple(builds), companions=companions, nightly=nightly, unused_sources=sources.unused)


def _release(table: Table, sources: Sources) -> _Release:
    cudnn_table = table.table("cudnn")
    return _Release(
        version=table.read("version", parse_version),
        python=table.read("python", parse_python_range),
        free_threaded=table.optional("free_threaded", parse_free_threaded) or (),
        cudnn={tag: cudnn_table.read(tag, parse_version) for tag in cudnn_table.keys()},  # noqa: SIM118 - no mapping
        provenance=sources.of(table),
    )


def _build(row: Table, release: _Release, sources: Sources) -> TorchBuild:
    tag = row.read("tag", parse_tag)
    ptx = row.optional_text("ptx")
    python_min, python_max = row.optional("python", parse_python_range) or release.python
    free_threaded = row.optional("free_threaded", parse_free_threaded)
    local = row.optional_text("local")
    build = TorchBuild(
        version=release.version,
        tag=tag,
        platform=row.read("platform", parse_platform),
        sass=frozenset() if tag == "cpu" else row.read("sass", parse_code_set),
        ptx=frozenset() if ptx in {None, _UNKNOWN} else row.read("ptx", parse_code_set),
        ptx_is_known=ptx != _UNKNOWN,
        python_min=python_min,
        python_max=python_max,
        free_threaded=release.free_threaded if free_threaded is None else free_threaded,
        local=tag if local is None else local or None,
        on_pytorch_index=row.flag("pytorch", default=True),
        on_pypi=row.flag("pypi", default=False),
        is_official=row.flag("official", default=True),
        cudnn=row.optional("cudnn", parse_version) or release.cudnn.get(tag),
        provenance=sources.of(row),
    )
    row.finish()
    return build


def _companion(row: Table, sources: Sources) -> CompanionRelease:
    companion = CompanionRelease(
        project=row.read("project", parse_project),
        version=row.read("version", parse_version),
        torch=row.read("torch", parse_specifiers),
        tags=row.optional("tags", parse_tags) or frozenset(),
        on_pypi=row.flag("pypi"),
        provenance=sources.of(row),
    )
    row.finish()
    return companion


def _nightly(row: Table, sources: Sources) -> NightlyChannel:
    channel = NightlyChannel(
        tag=row.read("tag", parse_tag),
        is_live=row.flag("live"),
        sass=row.optional("sass", parse_code_set) or frozenset(),
        provenance=sources.of(row),
    )
    row.finish()
    return channel
