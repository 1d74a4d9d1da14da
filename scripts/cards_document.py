"""Makes docs/cards.md: card, build, and one line to install it. Everything follows from the matrix and the resolver."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

from gpuenv.models.cuda import DriverVersion
from gpuenv.models.hardware import Driver, Gpu, Probe
from gpuenv.models.index import PYTORCH_INDEX_URL, Source, SourceKind
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.request import IndexPolicy, Request
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.models.target import Target
from gpuenv.resolve.resolver import resolve
from gpuenv.resolve.tables import make_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.matrix import ArchitectureRow, CompatibilityMatrix
    from gpuenv.models.platform import PlatformName
    from gpuenv.resolve.tables import Tables

DRIVERS: Final[dict[PlatformName, tuple[str, ...]]] = {
    "linux-x86_64": ("580.95.05", "570.124.06", "550.54.14", "525.60.13", "470.82.01"),
    "windows-x86_64": ("581.15", "572.16", "551.61", "528.02", "472.12"),
    "linux-aarch64": ("580.95.05", "570.124.06"),
}
"""A driver of each branch that changes the answer, the newest first."""
TITLES: Final = {"linux-x86_64": "Linux", "windows-x86_64": "Windows", "linux-aarch64": "Linux on Arm"}
ON_ARM: Final = frozenset({"8.7", "9.0", "10.0", "10.3", "11.0", "12.1"})
"""Compute capabilities of which there are machines with an Arm processor."""
ONLY_ON_ARM: Final = frozenset({"5.3", "6.2", "7.2", "8.7", "11.0"})
PYTHON: Final = PythonVersion(major=3, minor=12)
WIDTH: Final = 118
TORCH: Final = Source(kind=SourceKind.PYTORCH, location=PYTORCH_INDEX_URL)
PYPI: Final = Source(kind=SourceKind.PYPI)


def cards_document(matrix: CompatibilityMatrix) -> str:
    """Make the whole document."""
    tables = make_tables(matrix)
    with_cards = {model.capability for model in matrix.gpus}
    rows = [row for row in matrix.architectures if row.capability in with_cards]
    rows.sort(key=lambda row: row.capability, reverse=True)
    sections = [
        [f"## {generation}", "", *(line for row in group for line in _section(matrix, tables, row))]
        for generation, group in groupby(rows, key=lambda row: row.generation)
    ]
    return "\n".join([*_head(matrix), *(line for section in sections for line in section)]).rstrip() + "\n"


def _head(matrix: CompatibilityMatrix) -> list[str]:
    return [
        "# Which PyTorch for which card",
        "",
        f"Written by `scripts/write_docs.py` from matrix {matrix.version}; do not edit. Python {PYTHON} is assumed.",
        "",
        "Find your card with the search of your browser, then your system and driver. The first line of a table is for",
        "a current driver, the others are for older ones; `nvidia-smi` shows the driver. `gpuenv plan` answers for",
        "your machine, with its own driver, Python and packages; `gpuenv install` does it and proves that it works.",
        "",
        "*plain pip*: whether `pip install torch` without an index gives a build with code for the card, and a driver",
        "of the first line runs it. On Windows it gives a CPU build.",
        "",
        "The lines for ONNX Runtime are for an environment without torch. Beside torch its CUDA major has to be",
        "that of torch: `gpuenv plan torch onnxruntime-gpu` finds the pair. A name that stands in two places",
        "(GeForce GT 730) was sold with different chips; the driver or the PCI id tells which.",
        "",
    ]


def _section(matrix: CompatibilityMatrix, tables: Tables, row: ArchitectureRow) -> Iterator[str]:
    """Write one compute capability."""
    yield f"### {row.capability} ({row.capability.sm})"
    yield ""
    names = sorted({model.name.removeprefix("NVIDIA ") for model in matrix.gpus if model.capability == row.capability})
    yield from _wrapped(names)
    yield ""
    lines = [line for platform in _platforms(row.capability) for line in _lines(matrix, tables, row, platform)]
    if not lines:
        yield "No release of torch from 2.0 on has code for it."
        yield ""
        return
    yield "| system | driver | torch | install | plain pip |"
    yield "|---|---|---|---|---|"
    yield from lines
    yield ""
    runtime = [build for build in matrix.onnxruntime if _runtime_serves(matrix, tables, row, str(build.version))]
    if runtime:
        newest = max(build.version for build in runtime)
        extras = next(build.extras for build in runtime if build.version == newest)
        named = f"[{','.join(extras)}]" if extras else ""
        yield f'ONNX Runtime: `pip install "onnxruntime-gpu{named}=={newest}"`'
        yield ""


def _platforms(capability: ComputeCapability) -> Iterator[PlatformName]:
    for platform in DRIVERS:
        is_arm = platform == "linux-aarch64"
        if (str(capability) in ON_ARM) if is_arm else (str(capability) not in ONLY_ON_ARM):
            yield platform


def _lines(matrix: CompatibilityMatrix, tables: Tables, row: ArchitectureRow, platform: PlatformName) -> Iterator[str]:
    """Write the answer for each driver, where it is another one than for the driver before."""
    before = ""
    for driver in DRIVERS[platform]:
        if row.maximum_driver_branch is not None and int(driver.partition(".")[0]) > _last(row, platform):
            continue
        target = _target(row.capability, platform, driver)
        found = _ask(matrix, tables, target, ("torch", "torchvision"), TORCH)
        if isinstance(found, Conflict) or found.torch is None:
            continue
        label = found.torch.build.label
        if label == before:
            continue
        plain = "" if before else _plain(matrix, tables, target)
        before = label
        last = f"to {row.maximum_driver_branch}" if row.maximum_driver_branch else "or newer"
        needs = f"{found.minimum_driver} {last}" if found.minimum_driver else "?"
        yield f"| {TITLES[platform]} | {needs} | {label} | `{_command(found)}` | {plain} |"


def _last(row: ArchitectureRow, platform: PlatformName) -> int:
    """Give the last branch; Windows numbers of a branch are a few higher than those of Linux."""
    assert row.maximum_driver_branch is not None  # noqa: S101 - the caller looked
    return row.maximum_driver_branch + (9 if platform == "windows-x86_64" else 0)


def _command(found: Resolution) -> str:
    pins = " ".join(f"{pin.project}=={pin.version.public}" for pin in found.pins)
    assert found.torch is not None  # noqa: S101 - the caller looked
    return f"pip install {pins} --index-url {PYTORCH_INDEX_URL}/{found.torch.build.tag}"


def _plain(matrix: CompatibilityMatrix, tables: Tables, target: Target) -> str:
    """Tell whether the newest release on PyPI serves the card; only pip's choice counts, not an older release."""
    newest = max(build.version for build in matrix.torch if build.on_pypi)
    found = _ask(matrix, tables, target, (f"torch=={newest}",), PYPI)
    return "no" if isinstance(found, Conflict) else "yes"


def _runtime_serves(matrix: CompatibilityMatrix, tables: Tables, row: ArchitectureRow, version: str) -> bool:
    """Whether a release of onnxruntime-gpu serves a capability on Linux or Windows, with the newest driver for it."""
    for platform in _platforms(row.capability):
        drivers = [
            driver
            for driver in DRIVERS[platform]
            if row.maximum_driver_branch is None or int(driver.partition(".")[0]) <= _last(row, platform)
        ]
        if not drivers:
            continue
        target = _target(row.capability, platform, drivers[0])
        if isinstance(_ask(matrix, tables, target, (f"onnxruntime-gpu=={version}",), PYPI), Resolution):
            return True
    return False


def _ask(
    matrix: CompatibilityMatrix, tables: Tables, target: Target, requirements: Sequence[str], source: Source
) -> Resolution | Conflict:
    request = Request(
        requirements=tuple(Requirement(text) for text in requirements),
        optional=frozenset({"torchvision"}),
        policy=IndexPolicy.PYTORCH if source is TORCH else IndexPolicy.PYPI,
        sources=(source,),
    )
    return resolve(request, target, matrix, tables=tables)


def _target(capability: ComputeCapability, platform: PlatformName, driver: str) -> Target:
    return Target(
        gpus=(Gpu(name=capability.sm, capabilities=(capability,), probe=Probe.DESCRIBED),),
        driver=Driver(version=DriverVersion.parse(driver), cuda_version=None, probe=Probe.DESCRIBED),
        platform=Platform(name=platform, glibc=(2, 39) if platform.startswith("linux") else None),
        python=PYTHON,
        origin="described",
    )


def _wrapped(names: Sequence[str]) -> Iterator[str]:
    line = ""
    for name in names:
        piece = f"{name}, " if name is not names[-1] else name
        if line and len(line) + len(piece.rstrip()) > WIDTH:
            yield line.rstrip()
            line = ""
        line += piece
    yield line.rstrip()
