"""ONNX Runtime's faults: another CUDA or cuDNN major, a library that is not found, the CPU package in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.diagnose.verdict import Verdict

if TYPE_CHECKING:
    from gpuenv.diagnose.known import Known
    from gpuenv.diagnose.matching import Hit

_FIRST_WITH_NUMBERS: Final = 11
"""Messages without `Require cuDNN .. and CUDA ..` are of packages built for CUDA 11 (1.17 and older)."""


def package_cuda_major(known: Known, package: str) -> int | None:
    """CUDA major that the installed version of a package loads."""
    version = known.packages.get(package)
    if version is None:
        return None
    if known.matrix is not None and package == "onnxruntime-gpu":
        for build in known.matrix.onnxruntime:
            if build.version.release == version.release:
                return build.cuda.major
    for fact in known.book.packages:
        if fact.package == package and fact.cuda_major is not None and version in fact.versions:
            return fact.cuda_major
    return None


def _context(known: Known, **more: str | None) -> dict[str, str | None]:
    version = known.packages.get("onnxruntime-gpu")
    there = known.library_cuda_major
    return {
        "version": str(version) if version else None,
        "cuda": str(there) if there else None,
        "cudnn": str(known.cudnn_major) if known.cudnn_major else None,
        **more,
    }


def judge_requirement(hit: Hit, known: Known) -> Verdict:
    """Judge `Failed to create CUDAExecutionProvider`: the majors it asks for against those that are there."""
    if known.has_no_nvidia:
        return Verdict(
            code="no-nvidia-gpu", confidence="medium", weight=90, remaining=("onnxruntime-library-not-found",)
        )
    is_numbered = "cuda" in hit.found
    is_unnamed = hit.signature.id == "onnxruntime-dll-unnamed"
    wanted = int(hit.found["cuda"]) if is_numbered else package_cuda_major(known, "onnxruntime-gpu")
    if wanted is None and not is_unnamed:
        wanted = _FIRST_WITH_NUMBERS
    wanted_cudnn = int(hit.found["cudnn"]) if is_numbered else None
    there = known.library_cuda_major
    context = _context(known, wanted=str(wanted) if wanted else None, wanted_cudnn=hit.found.get("cudnn"))
    if wanted is not None and there is not None and wanted != there:
        return Verdict(
            code="onnxruntime-other-cuda-major", confidence="medium", context=context, reasons=(f"CUDA {there}",)
        )
    if wanted_cudnn is not None and known.cudnn_major is not None and wanted_cudnn != known.cudnn_major:
        reasons = (f"cuDNN {known.cudnn_major}",)
        return Verdict(code="onnxruntime-other-cudnn-major", confidence="high", context=context, reasons=reasons)
    return Verdict(
        code="onnxruntime-library-not-found",
        confidence="medium" if is_unnamed or there is not None else "low",
        context=context,
        remaining=() if there is not None else ("onnxruntime-other-cuda-major",),
    )


def judge_library(hit: Hit, known: Known) -> Verdict:
    """Judge a missing library by the major in its name."""
    library, stem = hit.found.get("library"), hit.found.get("stem", "").lower().removeprefix("lib")
    context = _context(known, library=library)
    if known.has_no_nvidia:
        return Verdict(code="no-nvidia-gpu", confidence="medium", context=context, weight=90)
    if library is None:
        return Verdict(code="onnxruntime-library-not-found", confidence="low", context=context)
    major = int(hit.found["major"])
    if stem.startswith("cudnn"):
        return _judge_cudnn(known, major, context)
    if stem.startswith(("cufft", "cusolver")):
        major += 1
    elif stem.startswith("curand"):
        return Verdict(code="onnxruntime-library-not-found", confidence="medium", context=context)
    context["wanted"] = str(major)
    return _judge_cuda(known, major, context)


def _judge_cuda(known: Known, major: int, context: dict[str, str | None]) -> Verdict:
    there = known.library_cuda_major
    if there is None:
        # Machines of today carry CUDA 12 or 13: an 11 is wanted by a package that is older than they are.
        is_old = major < 12  # noqa: PLR2004 - CUDA 12
        code, other = "onnxruntime-other-cuda-major", "onnxruntime-library-not-found"
        if not is_old:
            code, other = other, code
        return Verdict(code=code, confidence="medium" if is_old else "low", context=context, remaining=(other,))
    code = "onnxruntime-library-not-found" if there == major else "onnxruntime-other-cuda-major"
    return Verdict(code=code, confidence="high", context=context, reasons=(f"CUDA {there}",))


def _judge_cudnn(known: Known, major: int, context: dict[str, str | None]) -> Verdict:
    context["wanted_cudnn"] = str(major)
    there = known.cudnn_major
    if there is not None and there != major:
        reasons = (f"cuDNN {there}",)
        return Verdict(code="onnxruntime-other-cudnn-major", confidence="high", context=context, reasons=reasons)
    return Verdict(
        code="onnxruntime-library-not-found",
        confidence="medium" if there is None else "high",
        context=context,
        remaining=("onnxruntime-other-cudnn-major",) if there is None else (),
    )


def collides(known: Known) -> tuple[str, ...]:
    """The installed packages that share the folder `onnxruntime` (rule 7), if more than one."""
    owners = tuple(sorted(name for name in known.packages if name.startswith("onnxruntime")))
    return owners if len(owners) > 1 else ()


def judge_provider(hit: Hit, known: Known) -> Verdict:
    """Judge a CUDA provider that is not there by the packages that are."""
    owners = collides(known)
    if owners:
        return Verdict(
            code="onnxruntime-packages-collide", confidence="high", context={"packages": owners}, reasons=owners
        )
    if "onnxruntime" in known.packages:
        return Verdict(code="onnxruntime-cpu-package", confidence="high", context={"packages": ("onnxruntime",)})
    return Verdict(
        code="onnxruntime-cpu-package",
        confidence=hit.signature.confidence,
        context={"packages": ("onnxruntime",)},
        remaining=("onnxruntime-packages-collide",),
    )
