"""The loader's faults: libraries that are not found, and symbols that a library was built to find."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.diagnose.normalise import fold
from gpuenv.diagnose.onnxruntime_faults import judge_library
from gpuenv.diagnose.symbols import demangle
from gpuenv.diagnose.verdict import Verdict

if TYPE_CHECKING:
    from gpuenv.diagnose.known import Known
    from gpuenv.diagnose.matching import Hit

_SYMBOL: Final = re.compile(r"undefined\s{1,3}symbol:\s{0,3}(?P<symbol>_{0,2}\w{2,400})")
_DRIVER_FUNCTION: Final = re.compile(r"cu[A-Z][A-Za-z]{3,60}")
_LIBRARY_FUNCTION: Final = re.compile(
    r"(?:__nvJitLink|nvJitLink|cublas|cudnn|cusparse|cusolver|cufft|nccl|cupti)\w{2,80}|free_gemm\w{0,40}"
)
_OF_TORCH: Final = fold("from torch._C import")
"""torch itself was being imported: its wheels do not lie together, or some of them are not there."""
_TORCH_NAMESPACES: Final = ("c10::", "at::", "torch::", "caffe2::")


def judge_undefined_symbol(hit: Hit, known: Known) -> Verdict | None:
    """Tell whose symbol is missing: the driver's, a CUDA library's, torch's, or none of ours (None)."""
    if hit.signature.id != "undefined-symbol":
        return Verdict(code=hit.signature.causes[0], confidence="medium", context=_context(known, None, None))
    read = _SYMBOL.search(hit.quote)
    symbol = read["symbol"] if read else hit.found.get("symbol", "")
    context = _context(known, hit.found.get("file"), demangle(symbol))
    code = _cause_of_symbol(symbol, hit.quote.lower())
    return None if code is None else Verdict(code=code, confidence="high", context=context)


def _cause_of_symbol(symbol: str, quote: str) -> str | None:
    if _DRIVER_FUNCTION.fullmatch(symbol):
        return "driver-lacks-function"
    if _LIBRARY_FUNCTION.fullmatch(symbol):
        return "library-path-shadows-wheels"
    is_cxx_of_torch = re.match(r"_ZN?[KVT]{0,2}[SI]?\d", symbol) is not None and re.search("c10|torch|2at", symbol)
    if not (is_cxx_of_torch or demangle(symbol).startswith(_TORCH_NAMESPACES)):
        return None
    for companion in ("torchaudio", "torchvision"):
        if companion in quote:
            return f"{companion}-for-another-torch"
    return "extension-for-another-torch"


def judge_missing_library(hit: Hit, known: Known) -> Verdict | None:
    """Judge a CUDA library that was not found by who asked for it."""
    library = hit.found.get("library")
    context: dict[str, str | None] = {"library": library, "torch": known.torch_label}
    if hit.signature.id == "cudnn-not-found":
        return Verdict(code="cudnn-library-not-found", confidence="high" if library else "medium", context=context)
    if library is None:
        return None
    if _OF_TORCH in hit.around:
        return Verdict(code="cuda-library-not-found", confidence="high", context=context)
    if "onnxruntime" in hit.around or any(name.startswith("onnxruntime") for name in known.packages):
        return judge_library(hit, known)
    if known.torch_cuda is not None and str(known.torch_cuda.major) != hit.found["major"].split(".")[0]:
        return Verdict(
            code="extension-for-another-cuda",
            confidence="high",
            context=context,
            reasons=tuple(filter(None, (known.torch_label,))),
        )
    return Verdict(
        code="extension-for-another-cuda", confidence="medium", context=context, remaining=("cuda-library-not-found",)
    )


def _context(known: Known, file: str | None, symbol: str | None) -> dict[str, str | None]:
    return {"file": file, "symbol": symbol, "torch": known.torch_label or "torch"}
