"""Shows the GPU code of libraries, as JSON (design section 5) and as a table."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.binaries import CodeKind
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.grid import aligned
from gpuenv.report.labels import label
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult
from gpuenv.rules.library_names import is_optional

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuenv.models.binaries import CodeGenerator, Inspection, JudgedFile, LibraryVerdict
    from gpuenv.models.cuda import Architecture
    from gpuenv.models.notice import Notice
    from gpuenv.models.resolution import Conflict
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

EXIT_CHECK_FAILED: Final = 3

_CELLS: Final = {"sass": "native", "none": "none"}
"""The words for a verdict; PTX is called so in every language."""
_HEADINGS: Final = ("library", "native", "objects", "also")


def inspection_result(inspection: Inspection, language: Language) -> CommandResult:
    """Make the result: exit code 3 if something that the target needs does not cover it."""
    # Without a target nobody asked for a GPU: what cannot be loaded is then told, and no fault.
    errors = (*inspection.uncovered, *inspection.unloadable) if inspection.gpus else ()
    warnings = inspection.notes if inspection.gpus else (*inspection.unloadable, *inspection.notes)
    return CommandResult(
        status="failed" if errors else "ok",
        exit_code=EXIT_CHECK_FAILED if errors else 0,
        data={
            "files": [_file_as_json(judged) for judged in inspection.files],
            "gpus": list(inspection.gpus),
            "examined": inspection.examined,
            "bytes_fetched": inspection.bytes_fetched,
            "missing": _missing_as_json(inspection),
            "generators": _generators_as_json(inspection),
            "cuda_majors": [{"major": major, "distributions": list(names)} for major, names in inspection.cuda_majors],
            "warnings": [notice_as_json(note, language) for note in warnings],
        },
        errors=errors,
        write=partial(_write, inspection=inspection, warnings=warnings),
    )


def _missing_as_json(inspection: Inspection) -> list[dict[str, Any]] | None:
    if inspection.missing is None:
        return None
    return [{"library": name, "needed_by": list(needed_by)} for name, needed_by in inspection.missing]


def _generators_as_json(inspection: Inspection) -> list[dict[str, Any]] | None:
    if inspection.generators is None:
        return None
    return [
        {
            "kind": generator.kind,
            "path": generator.path,
            "distribution": generator.distribution,
            "cuda": str(generator.cuda) if generator.cuda else None,
            "architectures": _names(generator),
        }
        for generator in inspection.generators
    ]


def _names(generator: CodeGenerator) -> list[str] | None:
    if generator.architectures is None:
        return None
    return [capability.sm for capability in generator.architectures]


def conflict_result(conflict: Conflict, language: Language) -> CommandResult:
    """Make the result of a target that cannot be had: there is nothing to judge for."""
    from gpuenv.report.resolution import conflict_as_json, write_conflict  # noqa: PLC0415 - brings in more

    return CommandResult(
        status="conflict",
        exit_code=1,
        data={"files": [], "conflict": conflict_as_json(conflict, language)},
        write=partial(write_conflict, conflict=conflict),
    )


def _file_as_json(judged: JudgedFile) -> dict[str, Any]:
    summary, main = judged.file.summary, judged.main
    return {
        "path": judged.file.path,
        "distribution": judged.file.distribution,
        "sass": [architecture.sm for architecture in main.sass],
        "ptx": [architecture.compute for architecture in main.ptx],
        "extra_sass": [architecture.sm for architecture in main.extra_sass],
        "extra_ptx": [architecture.compute for architecture in main.extra_ptx],
        "lto_ir": [_name(CodeKind.LTO_IR, architecture) for architecture, _ in summary.lto_ir],
        "relocatable": [_name(kind, architecture) for kind, architecture, _ in summary.relocatable],
        "objects": summary.objects,
        "compressed": summary.compressed,
        "containers": summary.containers,
        "embedded_containers": sum(number for _, number in summary.embedded),
        "is_partial": summary.is_partial,
        "is_required": judged.is_required if judged.verdicts else None,
        "chooses": judged.chooses if judged.verdicts else None,
        "bytes_fetched": judged.file.bytes_read,
        "verdicts": [
            {"gpu": gpu, "kind": verdict.kind, "share": round(verdict.share, 4), "reason": verdict.reason}
            for gpu, verdict in judged.verdicts
        ],
    }


def _name(kind: CodeKind, architecture: Architecture) -> str:
    match kind:
        case CodeKind.SASS:
            return architecture.sm
        case CodeKind.PTX:
            return architecture.compute
        case CodeKind.LTO_IR:
            return f"lto_{architecture}"


def _write(terminal: Terminal, *, inspection: Inspection, warnings: Sequence[Notice]) -> None:
    """Write one line per library."""
    library, native, objects, also = (label(name, terminal.language) for name in _HEADINGS)
    headings = [library, *map(_short_name, inspection.gpus), native, "PTX", objects, also]
    folded = () if terminal.verbosity > 0 else tuple(filter(_is_of_no_concern, inspection.files))
    rows = [_row(judged, inspection.gpus, terminal.language) for judged in inspection.files if judged not in folded]
    if rows:
        for line in aligned([headings, *rows]):
            terminal.write(f"{line}\n")
    for generator in inspection.generators or ():
        terminal.write(f"{_generator_line(generator, terminal.language)}\n")
    for name, needed_by in _shown_missing(inspection, terminal):
        sentence = phrase("shared-library-missing", {"library": name, "needed_by": needed_by}, terminal.language)
        terminal.write(f"{sentence.message}\n")
    for line in _footnotes(inspection, terminal, folded=len(folded)):
        terminal.write(f"{line}\n")
    for note in warnings:
        terminal.notice("warning", note)


def _generator_line(generator: CodeGenerator, language: Language) -> str:
    name = f"{generator.distribution}: {PurePath(generator.path).name}"
    facts = {"name": name, "cuda": str(generator.cuda) if generator.cuda else None}
    if generator.architectures is None:
        return phrase("code-generator", facts, language).message
    numbers = " ".join(capability.sm.removeprefix("sm_") for capability in generator.architectures)
    return phrase("code-generator-compiles", {**facts, "architectures": numbers}, language).message


def _row(judged: JudgedFile, gpus: Sequence[str], language: Language) -> list[str]:
    main, summary = judged.main, judged.file.summary
    cells = [_cell(verdict, language, chooses=judged.chooses) for _, verdict in judged.verdicts] or ["-"] * len(gpus)
    native = " ".join(str(architecture) for architecture in main.sass)
    also = [str(found) for found in main.extra_sass] + [f"{found}+PTX" for found in main.extra_ptx]
    return [
        _short(judged) + ("" if judged.is_required else f" ({label('optional', language)})"),
        *cells,
        f"{native or '-'}{' ...' if summary.is_partial else ''}",
        " ".join(str(architecture) for architecture in main.ptx) or "-",
        str(summary.objects),
        " ".join(also),
    ]


def _short(judged: JudgedFile) -> str:
    """Name a library of an environment or wheel by its distribution and file, any other by its path."""
    if judged.file.distribution is None:
        return judged.file.path
    return f"{judged.file.distribution}: {judged.filename}"


def _cell(verdict: LibraryVerdict, language: Language, *, chooses: bool) -> str:
    """Show a verdict; of a library that chooses its kernels itself the share of containers says nothing."""
    share = f" {verdict.share:.0%}" if 0 < verdict.share < 1 and not chooses else ""
    return f"{label(_CELLS[verdict.kind], language) if verdict.kind in _CELLS else 'PTX'}{share}"


def _short_name(gpu: str) -> str:
    """Leave off a GPU's name what all have in common, to keep the table narrow."""
    return gpu.removeprefix("NVIDIA ").removeprefix("GeForce ")


def _is_of_no_concern(judged: JudgedFile) -> bool:
    """Whether a library that programs can do without has machine code for every GPU: a row that tells nothing."""
    return (
        not judged.is_required
        and bool(judged.verdicts)
        and all(verdict.kind == "sass" and (verdict.share == 1 or judged.chooses) for _, verdict in judged.verdicts)
    )


def _shown_missing(inspection: Inspection, terminal: Terminal) -> Sequence[tuple[str, tuple[str, ...]]]:
    """Choose what is told of missing libraries: without `-v` not what only optional ones are linked with."""
    missing = inspection.missing or ()
    if terminal.verbosity > 0:
        return missing
    return [(name, by) for name, by in missing if not all(map(is_optional, by))]


def _footnotes(inspection: Inspection, terminal: Terminal, *, folded: int) -> Iterable[str]:
    language = terminal.language
    if folded:
        yield phrase("inspected-optional", {"count": folded}, language).message
    unmissed = len(inspection.missing or ()) - len(_shown_missing(inspection, terminal))
    if unmissed:
        yield phrase("missing-for-optional", {"count": unmissed}, language).message
    with_code = sum(bool(judged.file.summary.objects) for judged in inspection.files)
    if inspection.examined > with_code:
        code = "inspected" if with_code else "inspected-nothing"
        yield phrase(code, {"examined": inspection.examined, "with_code": with_code}, language).message
    if any(judged.file.summary.is_partial for judged in inspection.files):
        yield phrase("inspected-partially", {}, language).message
    if inspection.bytes_fetched is not None:
        yield phrase("bytes-fetched", {"megabytes": f"{inspection.bytes_fetched / 1e6:.1f}"}, language).message
