"""Build-time faults of nvcc, ptxas and NVRTC: too old for an architecture, or too new for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.diagnose.architecture import TURING, capability_of, place_by_toolkit
from gpuenv.diagnose.verdict import Verdict
from gpuenv.models.cuda import ComputeCapability

if TYPE_CHECKING:
    from gpuenv.diagnose.known import Known
    from gpuenv.diagnose.matching import Hit

_KEPLER_END: Final = ComputeCapability(major=3, minor=7)


def judge_toolkit(hit: Hit, known: Known) -> Verdict | None:
    """Judge `Unsupported gpu architecture`: which side of the toolkit's range the number is on.

    None for what is no number: then the build script is at fault, not the toolkit.
    """
    capability = capability_of(hit)
    too_old = hit.signature.causes[0]
    toolkit = known.text.toolkit
    context = {
        "architecture": f"compute_{capability.sm.removeprefix('sm_')}" if capability else None,
        "toolkit": str(toolkit) if toolkit else None,
        "capability": str(capability) if capability else None,
    }
    if capability is None:
        return None
    if too_old == "ptxas-too-old-for-gpu":
        code = too_old if capability >= TURING else "triton-gpu-too-old"
        return Verdict(code=code, confidence="high", context=context)
    if toolkit is not None:
        place = place_by_toolkit(capability, toolkit)
        if place != "covered":
            code = too_old if place == "newer" else "toolkit-dropped-architecture"
            return Verdict(code=code, confidence="high", context=context, reasons=(f"CUDA {toolkit}",))
    if capability <= _KEPLER_END:
        return Verdict(code="toolkit-dropped-architecture", confidence="high", context=context)
    if capability < TURING:
        return Verdict(code="toolkit-dropped-architecture", confidence="medium", context=context, remaining=(too_old,))
    return Verdict(code=too_old, confidence="high" if capability > TURING else "medium", context=context)
