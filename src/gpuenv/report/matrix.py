"""Shows matrices, their compute capabilities and builds, as JSON and as text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gpuenv.report.grid import write_grid
from gpuenv.report.headings import columns, release_as_json, write_title
from gpuenv.report.matrix_release import write_releases
from gpuenv.report.matrix_rows import build_as_json, summary_as_json, text_or_none
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult
from gpuenv.rules.coverage import best_ptx, best_sass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from gpuenv.errors import ContextValue
    from gpuenv.matrix.derived import ArchitectureSummary
    from gpuenv.matrix.shelf import AvailableMatrix
    from gpuenv.models.cuda import Architecture, ComputeCapability
    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.models.notice import Notice
    from gpuenv.report.terminal import Terminal


def list_result(matrices: Sequence[AvailableMatrix]) -> CommandResult:
    """Show the matrices that came with gpuenv."""

    def write(terminal: Terminal) -> None:
        write_grid(
            terminal,
            columns(terminal, "matrix-columns-list"),
            [(found.version, found.released, str(found.folder)) for found in matrices],
        )

    return CommandResult(
        status="ok",
        exit_code=0,
        data={
            "matrices": [
                {"version": found.version, "released": found.released, "folder": str(found.folder)}
                for found in matrices
            ]
        },
        write=write,
    )


def architectures_result(
    matrix: CompatibilityMatrix, rows: Sequence[ArchitectureSummary], *, platform: str
) -> CommandResult:
    """Show the derived table of compute capabilities."""

    def write(terminal: Terminal) -> None:
        write_title(terminal, "matrix-title-architectures", matrix, platform=platform)
        write_grid(terminal, columns(terminal, "matrix-columns-architectures"), [_summary_cells(row) for row in rows])

    return CommandResult(
        status="ok",
        exit_code=0,
        data={
            **release_as_json(matrix),
            "platform": platform,
            "architectures": [summary_as_json(row) for row in rows],
        },
        write=write,
    )


def architecture_result(
    matrix: CompatibilityMatrix,
    summary: ArchitectureSummary,
    *,
    builds: Sequence[TorchBuild],
    serving: Collection[TorchBuild],
    platform: str,
) -> CommandResult:
    """Show one compute capability: what it needs, and a grid of torch releases by CUDA tag."""

    def write(terminal: Terminal) -> None:
        _write_needs(terminal, matrix, summary, platform)
        terminal.print()
        _write_builds(terminal, builds, serving=serving, capability=summary.capability)
        terminal.print()
        _write_indexes(terminal, summary)

    return CommandResult(
        status="ok",
        exit_code=0,
        data={
            **release_as_json(matrix),
            "platform": platform,
            "architecture": summary_as_json(summary),
            "builds": [
                build_as_json(build) | {"via": _via(build, summary.capability)} for build in builds if build in serving
            ],
        },
        write=write,
    )


def _write_needs(terminal: Terminal, matrix: CompatibilityMatrix, summary: ArchitectureSummary, platform: str) -> None:
    """Write what a compute capability needs of CUDA, driver and libraries."""
    write_title(
        terminal,
        "matrix-title-architecture",
        matrix,
        platform=platform,
        generation=summary.generation,
        capability=str(summary.capability),
        sm=summary.capability.sm,
    )
    headings = columns(terminal, "matrix-columns-architectures")
    for heading, cell in zip(headings[2:-1], _summary_cells(summary)[2:-1], strict=True):
        terminal.print(f"{heading}: {cell}")


def _write_builds(
    terminal: Terminal,
    builds: Sequence[TorchBuild],
    *,
    serving: Collection[TorchBuild],
    capability: ComputeCapability,
) -> None:
    """Write the grid of torch releases by CUDA tag."""
    tags = sorted({build.tag for build in builds})
    rows = _grid(builds, serving=serving, tags=tags, capability=capability)
    write_grid(terminal, (*columns(terminal, "matrix-columns-grid"), *tags), rows)
    terminal.print(phrase("matrix-grid-legend", {}, terminal.language).message)


def _write_indexes(terminal: Terminal, summary: ArchitectureSummary) -> None:
    """Write the indexes that the builds come from."""
    for found in summary.tags:
        facts = {
            "tag": found.tag,
            "first": str(found.first_torch),
            "last": str(found.last_torch),
            "url": found.index_url,
        }
        terminal.print(phrase("matrix-index-line", facts, terminal.language).message)
    if summary.nightly:
        terminal.print(phrase("matrix-nightly-line", {"tags": summary.nightly}, terminal.language).message)


def builds_result(matrix: CompatibilityMatrix, builds: Sequence[TorchBuild], *, release: str) -> CommandResult:
    """Show the builds of a torch release."""

    def write(terminal: Terminal) -> None:
        write_title(terminal, "matrix-title-builds", matrix, release=release)
        write_grid(terminal, columns(terminal, "matrix-columns-builds"), [_build_cells(build) for build in builds])
        terminal.print()
        write_releases(terminal, matrix, builds)

    return CommandResult(
        status="ok",
        exit_code=0,
        data={
            **release_as_json(matrix),
            "builds": [build_as_json(build) for build in builds],
        },
        write=write,
    )


def validation_result(folder: Path, matrix: CompatibilityMatrix, problems: tuple[Notice, ...]) -> CommandResult:
    """Show what validating a matrix found; rows that contradict each other are an expected no."""
    counts = _rows_by_evidence(matrix)

    def write(terminal: Terminal) -> None:
        if problems:
            return
        facts: dict[str, ContextValue] = {
            "folder": str(folder),
            "matrix": matrix.version,
            "rows": counts.total(),
            "evidence": tuple(f"{evidence} {count}" for evidence, count in counts.items()),
        }
        terminal.print(phrase("matrix-is-valid", facts, terminal.language).message)

    return CommandResult(
        status="failed" if problems else "ok",
        exit_code=1 if problems else 0,
        data={"matrix": matrix.version, "folder": str(folder), "valid": not problems, "rows": dict(counts)},
        errors=problems,
        write=write,
    )


def _summary_cells(row: ArchitectureSummary) -> tuple[str, ...]:
    return (
        row.capability.sm,
        row.generation,
        _range(row.minimum_cuda, row.maximum_cuda),
        text_or_none(row.first_torch) or "-",
        text_or_none(row.last_torch) or "-",
        _range(row.minimum_driver_branch, row.maximum_driver_branch),
        f"{row.minimum_onnxruntime}..{row.maximum_onnxruntime}" if row.minimum_onnxruntime else "-",
        _range(row.minimum_cudnn, row.maximum_cudnn),
        " ".join(found.tag for found in reversed(row.tags) if found.last_torch == row.last_torch) or "-",
    )


def _build_cells(build: TorchBuild) -> tuple[str, ...]:
    places = [*(["pytorch"] if build.on_pytorch_index else []), *(["pypi"] if build.on_pypi else [])]
    return (
        f"{build.label}{'' if build.is_official else ' ~'}",
        build.platform,
        f"{build.python_min}..{build.python_max}",
        " ".join(map(str, build.free_threaded)) or "-",
        _codes(build.sass),
        _codes(build.ptx) if build.ptx_is_known else "?",
        text_or_none(build.cudnn) or "-",
        " ".join(places),
        build.provenance.evidence.value,
    )


def _grid(
    builds: Sequence[TorchBuild],
    *,
    serving: Collection[TorchBuild],
    tags: Sequence[str],
    capability: ComputeCapability,
) -> Iterable[tuple[str, ...]]:
    by_cell = {(build.version, build.tag): build for build in builds}
    for version in sorted({build.version for build in builds}, reverse=True):
        cells = []
        for tag in tags:
            build = by_cell.get((version, tag))
            marks = "" if build is None else f"{'*' if build.on_pypi else ''}{'' if build.is_official else '~'}"
            via = _via(build, capability) if build is not None and build in serving else None
            cells.append("" if build is None else f"{via or '-'}{marks}")
        yield (str(version), *cells)


def _via(build: TorchBuild, capability: ComputeCapability) -> str | None:
    cubin = best_sass(build.sass, capability, build_cuda=build.cuda)
    if cubin is not None:
        return cubin.sm
    ptx = best_ptx(build.sass, build.ptx, capability)
    return ptx.compute if ptx is not None else None


def _rows_by_evidence(matrix: CompatibilityMatrix) -> Counter[str]:
    tables = (
        matrix.torch,
        matrix.companions,
        matrix.triton,
        matrix.nightly,
        matrix.onnxruntime,
        matrix.extensions,
        matrix.cuda,
        matrix.cudnn,
        matrix.architectures,
        matrix.gpus,
    )
    found = Counter(row.provenance.evidence for rows in tables for row in rows)
    return Counter({evidence.value: found[evidence] for evidence in sorted(found, key=lambda known: known.rank)})


def _codes(codes: Iterable[Architecture]) -> str:
    return " ".join(str(code) for code in sorted(codes)) or "-"


def _range(oldest: object, newest: object) -> str:
    """`12.8..` while it goes on, `..580` where it only ends, `-` where nothing is known."""
    if oldest is None and newest is None:
        return "-"
    return f"{'' if oldest is None else oldest}..{'' if newest is None else newest}"
