"""Reads `torch.toml`: builds of torch, their companions, Triton, and the nightly channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import (
    parse_code_set,
    parse_free_threaded,
    parse_glibc,
    parse_platform,
    parse_project,
    parse_python_range,
    parse_specifiers,
    parse_tag,
    parse_tags,
    parse_version,
)
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.matrix import CompanionRelease, NightlyChannel, Provenance, TorchBuild
from gpuenv.models.triton import TritonRelease
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from gpuenv.matrix.table import Table
    from gpuenv.models.platform import PlatformName, PythonVersion

_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchFile:
    """What `torch.toml` holds."""

    builds: tuple[TorchBuild, ...]
    companions: tuple[CompanionRelease, ...]
    triton: tuple[TritonRelease, ...]
    nightly: tuple[NightlyChannel, ...]
    unused_sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Release:
    """What the builds of one release share."""

    version: Version
    python: tuple[PythonVersion, PythonVersion]
    glibc: tuple[int, int] | None
    free_threaded: tuple[PythonVersion, ...]
    cudnn: dict[str, Version]
    nccl: dict[str, Version]
    triton: dict[PlatformName, SpecifierSet]
    cxx_standard: int | None
    provenance: Provenance


def parse_torch(root: Table) -> TorchFile:
    """Give `torch.toml` its meaning; `matrix-invalid` for anything that has none.

    [[release]]
    version = "2.9.1"
    python = "3.10..3.14"
    glibc = "2.28"
    free_threaded = "3.13t 3.14t"
    cudnn = { cu128 = "9.10.2.21" }
    nccl = { cu128 = "2.27.5" }
    triton = { linux-x86_64 = "==3.5.1" }
    cxx = 17
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
    triton = tuple(_triton(table, sources) for table in root.tables("triton"))
    nightly = tuple(_nightly(table, sources) for table in root.tables("nightly"))
    root.finish()
    return TorchFile(
        builds=tuple(builds),
        companions=companions,
        triton=tuple(sorted(triton, key=lambda release: release.version)),
        nightly=nightly,
        unused_sources=sources.unused,
    )


def _release(table: Table, sources: Sources) -> _Release:
    return _Release(
        version=table.read("version", parse_version),
        python=table.read("python", parse_python_range),
        glibc=table.optional("glibc", parse_glibc),
        free_threaded=table.optional("free_threaded", parse_free_threaded) or (),
        cudnn=_by_tag(table.table("cudnn")),
        nccl=_by_tag(table.optional_table("nccl")),
        triton=_by_platform(table.optional_table("triton")),
        cxx_standard=table.optional_number("cxx"),
        provenance=sources.of(table),
    )


def _by_tag(table: Table) -> dict[str, Version]:
    """Read versions by CUDA tag; tags that name no build of the release say nothing."""
    return {tag: table.read(tag, parse_version) for tag in table.keys()}  # noqa: SIM118 - a Table is no mapping


def _by_platform(table: Table) -> dict[PlatformName, SpecifierSet]:
    found: dict[PlatformName, SpecifierSet] = {}
    for key in table.keys():  # noqa: SIM118 - as above
        try:
            platform = parse_platform(key)
        except ValueError as error:
            raise table.error(key, "unknown-key") from error
        found[platform] = table.read(key, parse_specifiers)
    return found


def _build(row: Table, release: _Release, sources: Sources) -> TorchBuild:
    tag = row.read("tag", parse_tag)
    ptx = row.optional_text("ptx")
    python_min, python_max = row.optional("python", parse_python_range) or release.python
    free_threaded = row.optional("free_threaded", parse_free_threaded)
    local = row.optional_text("local")
    platform = row.read("platform", parse_platform)
    glibc = row.optional("glibc", parse_glibc) or release.glibc
    build = TorchBuild(
        version=release.version,
        tag=tag,
        platform=platform,
        sass=frozenset() if tag == "cpu" else row.read("sass", parse_code_set),
        ptx=frozenset() if ptx in {None, _UNKNOWN} else row.read("ptx", parse_code_set),
        ptx_is_known=ptx != _UNKNOWN,
        python_min=python_min,
        python_max=python_max,
        glibc=glibc if platform.startswith("linux-") else None,
        free_threaded=release.free_threaded if free_threaded is None else free_threaded,
        local=tag if local is None else local or None,
        on_pytorch_index=row.flag("pytorch", default=True),
        on_pypi=row.flag("pypi", default=False),
        is_official=row.flag("official", default=True),
        cudnn=row.optional("cudnn", parse_version) or release.cudnn.get(tag),
        # NCCL and Triton are for Linux, and CPU builds depend on neither
        nccl=release.nccl.get(tag) if platform.startswith("linux-") else None,
        triton=release.triton.get(platform) if tag != "cpu" else None,
        cxx_standard=release.cxx_standard,
        disputed=row.optional_text("disputed"),
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


def _triton(row: Table, sources: Sources) -> TritonRelease:
    """Read a release of Triton.

    [[triton]]
    version = "3.9.0"
    ptxas = "12.9"
    ptxas_blackwell = "13.4"
    source = "triton-3.9.0"
    """
    release = TritonRelease(
        version=row.read("version", parse_version),
        ptxas=row.read("ptxas", CudaVersion.parse),
        ptxas_blackwell=row.optional("ptxas_blackwell", CudaVersion.parse),
        provenance=sources.of(row),
    )
    row.finish()
    return release


def _nightly(row: Table, sources: Sources) -> NightlyChannel:
    channel = NightlyChannel(
        tag=row.read("tag", parse_tag),
        is_live=row.flag("live"),
        sass=row.optional("sass", parse_code_set) or frozenset(),
        provenance=sources.of(row),
        keeps=row.optional_number("keeps"),
    )
    row.finish()
    return channel
