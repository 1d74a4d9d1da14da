"""Shows what mends a cause, and what tells it from the causes that the facts left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.report.messages import phrase
from gpuenv.report.resolution import conflict_as_json, resolution_as_json, target_as_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.diagnosis import DiagnosisReport, Repair
    from gpuenv.models.resolution import Resolution
    from gpuenv.report.messages import Language

_TELLING: Final[Mapping[str, str]] = {
    "extension-lacks-code-for-gpu": "gpuenv verify",
    "architecture-too-new-for-build": "gpuenv verify",
    "architecture-dropped-by-build": "gpuenv verify",
    "old-ptx-on-new-gpu": "gpuenv verify",
    "onnxruntime-too-old-for-gpu": "gpuenv inspect",
    "onnxruntime-dropped-gpu": "gpuenv inspect",
    "onnxruntime-other-cuda-major": "gpuenv inspect",
    "onnxruntime-other-cudnn-major": "gpuenv inspect",
    "onnxruntime-library-not-found": "gpuenv inspect",
    "cuda-library-not-found": "gpuenv inspect",
    "extension-for-another-cuda": "gpuenv inspect",
    "toolkit-too-old-for-architecture": "nvcc --version",
    "toolkit-dropped-architecture": "nvcc --version",
    "no-driver-found": "gpuenv detect",
    "driver-insufficient": "gpuenv detect",
    "driver-and-library-differ": "gpuenv detect",
    "container-driver-mixed": "gpuenv detect",
    "forward-compatibility-refused": "gpuenv detect",
    "no-device-visible": "gpuenv detect",
    "gpu-hidden-by-variable": "gpuenv detect",
    "wsl1-has-no-gpu": "gpuenv detect",
}
"""What shows whether it is this cause; for the others the check-up does."""


def rivals_notice(report: DiagnosisReport) -> Notice | None:
    """Name the causes that the facts did not rule out, and the one command that tells them apart."""
    if report.primary is None or not report.rivals or report.primary.confidence == "high":
        return None
    command = next((found for code in report.rivals if (found := _TELLING.get(code)) is not None), "gpuenv diagnose")
    return Notice.of("facts-do-not-decide", others=report.rivals, command=command)


def repair_notice(repair: Repair) -> Notice:
    """Say in one sentence what mends the cause, or why no wheel does."""
    outcome = repair.outcome
    if outcome is None:
        code = "repair-depends-on-gpu" if repair.remedy.is_build else f"repair-by-{repair.remedy.value}"
        return Notice.of(code)
    if isinstance(outcome, Conflict):
        return Notice.of("repair-not-by-wheel")
    if repair.is_in_place:
        return Notice.of("repair-is-in-place")
    builds = tuple(f"{pin.project} {_label(pin.version.public, pin.tag)}" for pin in outcome.pins)
    served = tuple(f"{found.gpu.name}: {found.via.sm if found.via else '?'}" for found in outcome.coverage) or ("CPU",)
    code = "repair-by-build-assumed" if repair.assumed else "repair-by-build"
    return Notice.of(code, builds=builds, coverage=served, assumed=repair.assumed)


def repair_sentence(repair: Repair, language: Language) -> str:
    """Word the repair; a conflict in the words of its reason."""
    notice = repair_notice(repair)
    context = dict(notice.context)
    if isinstance(repair.outcome, Conflict):
        reason = repair.outcome.reason
        context["reason"] = phrase(reason.code, reason.context, language).message
    return phrase(notice.code, context, language).message


def repair_as_json(repair: Repair | None, language: Language) -> dict[str, Any] | None:
    """Make `repair`: kind, sentence, and the resolution or conflict in the shape of `plan`."""
    if repair is None:
        return None
    outcome = repair.outcome
    conflict = outcome if isinstance(outcome, Conflict) else None
    resolution: Resolution | None = None if isinstance(outcome, Conflict) else outcome
    return {
        "kind": _kind(repair),
        "by": repair.remedy.value,
        "code": repair_notice(repair).code,
        "message": repair_sentence(repair, language),
        "target": target_as_json(repair.target),
        "assumed": list(repair.assumed),
        "resolution": resolution_as_json(resolution),
        "conflict": conflict_as_json(conflict, language) if conflict is not None else None,
    }


def _kind(repair: Repair) -> str:
    if repair.outcome is None:
        return "open" if repair_notice(repair).code == "repair-depends-on-gpu" else "no-wheel"
    return "no-wheel" if isinstance(repair.outcome, Conflict) or repair.is_in_place else "install"


def _label(version: str, tag: str | None) -> str:
    return f"{version}+{tag.rpartition('/')[2]}" if tag else version
