"""Reads `extensions.toml`: packages with GPU code of their own, when they have to be compiled, and the compilers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import parse_code_set, parse_specifiers, parse_version
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.extension import CompilerWheels, Extension, ExtensionRelease, SourceBuild
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from gpuenv.matrix.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionsFile:
    """What `extensions.toml` holds."""

    extensions: tuple[Extension, ...]
    unused_sources: tuple[str, ...]
    compilers: tuple[CompilerWheels, ...] = ()
    """Ascending by CUDA version."""


def parse_extensions(root: Table) -> ExtensionsFile:
    """Give `extensions.toml` its meaning; `matrix-invalid` for anything that has none.

    [[extension]]
    package = "xformers"
    wheels = ["pypi"]
    binds_to_torch = true
    torch = { "0.0.34" = "==2.10.0" }
    releases = [{ version = "0.0.35", torch = ">=2.10", python = ">=3.9", beside = ["torchvision>=0.25"] }]
    wheels_for = [{ version = "0.0.35", torch = "==2.10.*", tags = ["cu12"], platforms = ["linux-x86_64"] }]
    sass = "75 80 90a"
    ptx = "80"
    source_build = "without-wheel"
    architecture_variable = "TORCH_CUDA_ARCH_LIST"
    import_check = "-m xformers.info"
    note = "PTX 80 is compiled for newer GPUs when it is loaded."
    source = "xformers"

    [[compiler]]
    cuda = "13.0"
    pins = ["nvidia-cuda-nvcc==13.0.88", "nvidia-nvvm==13.0.88"]
    source = "compiler-13.0"
    """
    sources = Sources(root)
    extensions: list[Extension] = []
    for row in root.tables("extension"):
        extension = _extension(row, sources)
        if any(extension.package == other.package for other in extensions):
            raise row.error("package", "duplicate", extension.package)
        extensions.append(extension)
    compilers = tuple(sorted((_compiler(row, sources) for row in root.tables("compiler")), key=lambda row: row.cuda))
    root.finish()
    return ExtensionsFile(extensions=tuple(extensions), compilers=compilers, unused_sources=sources.unused)


def _compiler(row: Table, sources: Sources) -> CompilerWheels:
    compiler = CompilerWheels(
        cuda=row.read("cuda", CudaVersion.parse),
        pins=tuple(_parse_pin(row, text) for _, text in row.cells("pins")),
        provenance=sources.of(row),
    )
    row.finish()
    return compiler


def _parse_pin(row: Table, text: str) -> Requirement:
    """Read `nvidia-nvvm==13.0.88`: exact, for one part of another release spoils the whole compiler."""
    try:
        pin = Requirement(text)
    except InvalidRequirement as error:
        raise row.error("pins", "bad-value", text) from error
    if [specifier.operator for specifier in pin.specifier] != ["=="]:
        raise row.error("pins", "bad-value", text)
    return pin


def _extension(row: Table, sources: Sources) -> Extension:
    extension = Extension(
        package=row.read("package", _parse_name),
        wheels=tuple(text for _, text in row.cells("wheels")),
        binds_to_torch=row.flag("binds_to_torch", default=False),
        pairs=_pairs(row.optional_table("torch")),
        sass=row.optional("sass", parse_code_set) or frozenset(),
        ptx=row.optional("ptx", parse_code_set) or frozenset(),
        first_with_sm_120=row.optional("first_with_sm_120", parse_version),
        source_build=row.read("source_build", SourceBuild),
        architecture_variable=row.optional_text("architecture_variable"),
        import_check=row.text("import_check"),
        note=row.optional_text("note") or "",
        provenance=sources.of(row),
        git=row.optional_text("git"),
        build_requires=tuple(text for _, text in row.cells("build_requires"))
        if "build_requires" in row.keys()  # noqa: SIM118 - as below
        else (),
        build_variables=_variables(row.optional_table("build_variables")),
        core_minutes=row.optional_number("core_minutes"),
        job_gib=row.optional_number("job_gib"),
        releases=_releases(row, "releases"),
        wheels_for=_releases(row, "wheels_for"),
    )
    row.finish()
    return extension


def _releases(row: Table, name: str) -> tuple[ExtensionRelease, ...]:
    """Read releases and the torch that each goes with, newest first."""
    if name not in row.keys():  # noqa: SIM118 - a Table is no mapping
        return ()
    releases = [_release(one) for one in row.tables(name)]
    return tuple(sorted(releases, key=lambda release: release.version, reverse=True))


def _release(row: Table) -> ExtensionRelease:
    release = ExtensionRelease(
        version=row.read("version", parse_version),
        torch=row.read("torch", parse_specifiers),
        beside=tuple(_parse_beside(row, text) for text in _texts(row, "beside")),
        python=row.optional("python", parse_specifiers),
        tags=_texts(row, "tags"),
        page_tags=_texts(row, "page_tags"),
        platforms=_texts(row, "platforms"),
    )
    row.finish()
    return release


def _texts(row: Table, name: str) -> tuple[str, ...]:
    return tuple(text for _, text in row.cells(name)) if name in row.keys() else ()  # noqa: SIM118 - as above


def _parse_beside(row: Table, text: str) -> Requirement:
    """Read `torchvision==0.29.0`: what a release requires of the family beside torch."""
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise row.error("beside", "bad-value", text) from error


def _variables(table: Table) -> tuple[tuple[str, str], ...]:
    return tuple((name, table.text(name)) for name in table.keys())  # noqa: SIM118 - a Table is no mapping


def _pairs(table: Table) -> tuple[tuple[Version, SpecifierSet], ...]:
    """Read which torch each release goes with."""
    pairs = []
    for key in table.keys():  # noqa: SIM118 - a Table is no mapping
        try:
            version = parse_version(key)
        except ValueError as error:
            raise table.error(key, "unknown-key") from error
        pairs.append((version, table.read(key, parse_specifiers)))
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


def _parse_name(text: str) -> str:
    """Read a project name in its canonical spelling; `ValueError` for any other."""
    if canonicalize_name(text) != text:
        raise ValueError(text)
    return text
