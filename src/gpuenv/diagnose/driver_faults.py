"""Driver faults: too old, mixed with a container's, refused, or not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.diagnose.verdict import Verdict
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.hardware import Presence

if TYPE_CHECKING:
    from gpuenv.diagnose.known import Known
    from gpuenv.diagnose.matching import Hit

WSL_BUILD: Final = 19044
"""First Windows 10 build with GPUs in WSL 2 (21H2; NVIDIA, CUDA on WSL User Guide, 2026-11-21)."""


def driver_context(known: Known, hit: Hit | None = None) -> dict[str, str | None]:
    """The facts on the driver that messages name."""
    number = hit.found.get("driver_number") if hit else None
    spoken = CudaVersion.from_driver_number(int(number)) if number else known.driver_cuda
    return {
        "driver": str(known.driver) if known.driver else None,
        "driver_cuda": str(spoken) if spoken else None,
        "needed": hit.found.get("needed") if hit else None,
        "torch": known.torch_label,
    }


def judge_combination(hit: Hit, known: Known) -> Verdict:
    """Judge errors 803 and 804: a libcuda that is not the kernel driver's.

    In a container it is the image's; and where nvidia-smi shows a higher CUDA than the driver's own libcuda speaks, it
    has been mixed in as well.
    """
    context = driver_context(known, hit)
    plain, mixed = hit.signature.causes
    is_mixed = known.native_cuda is not None and known.driver_cuda is not None and known.native_cuda < known.driver_cuda
    if plain == "driver-and-library-differ" and known.is_container:
        return Verdict(code=mixed, confidence="medium", context=context, remaining=(plain,))
    if is_mixed and known.is_container:
        reasons = (f"driver {known.driver} = CUDA {known.native_cuda}", f"nvidia-smi: CUDA {known.driver_cuda}")
        return Verdict(code=mixed, confidence="high", context=context, reasons=reasons)
    return Verdict(code=plain, confidence="medium", context=context, remaining=(mixed,))


def judge_insufficient(hit: Hit, known: Known) -> Verdict:
    """Judge error 35, which is said of an old driver and of none."""
    if known.has_no_nvidia:
        return Verdict(code="no-nvidia-gpu", confidence="medium", remaining=("driver-insufficient",))
    if known.machine is not None and known.machine.driver is None:
        return Verdict(code="no-driver-found", confidence="high", context=driver_context(known, hit))
    return Verdict(
        code="driver-insufficient",
        confidence="medium",
        context=driver_context(known, hit),
        remaining=("no-driver-found",),
    )


def judge_no_driver(hit: Hit, known: Known) -> Verdict:
    """Judge messages that no driver or no device was found."""
    context = driver_context(known, hit)
    if known.text.is_wsl1:
        return Verdict(code="wsl1-has-no-gpu", confidence="high", context=context)
    if known.machine is not None and known.machine.presence is Presence.ABSENT:
        return Verdict(code="no-nvidia-gpu", confidence="high", context=context)
    first = hit.signature.causes[0]
    if first == "no-device-visible" and "cuda_visibie_devices" in hit.around:
        return Verdict(code="gpu-hidden-by-variable", confidence="medium", context=context, remaining=(first,))
    return Verdict(
        code=first, confidence=hit.signature.confidence, context=context, remaining=tuple(hit.signature.causes[1:2])
    )
