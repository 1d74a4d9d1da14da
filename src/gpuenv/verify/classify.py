"""Gives the errors of GPU libraries their codes; the text itself stays beside the code."""

from __future__ import annotations

import re
from typing import Final

FOREIGN_KERNEL: Final = re.compile(r"FATAL: this function is for sm\d+, but was built for sm\d+")
"""A device printf, no exception: the kernel returns without computing, and the numbers are wrong."""

_SIGNATURES: Final = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("kernel-built-for-other-gpu", FOREIGN_KERNEL.pattern),
        ("no-kernel-image", r"no kernel image is available|cudaErrorNoKernelImageForDevice"),
        ("ptx-newer-than-driver", r"PTX was compiled with an unsupported toolchain|CUDA_ERROR_UNSUPPORTED_PTX_VERSION"),
        ("needs-ptx-jit", r"PTX JIT compilation was disabled|JIT_COMPILATION_DISABLED|cudaErrorJitCompilationDisabled"),
        (
            "compiler-missing",
            r"Failed to find C compiler|Python\.h: No such file|InvalidCxxCompiler|No working C\+\+ compiler",
        ),
        ("nvrtc-failed", r"nvrtc: error|nvrtc compilation failed|NVRTC_ERROR|nvrtc.{0,40}invalid value"),
        ("driver-too-old", r"driver on your system is too old|CUDA driver version is insufficient"),
        ("driver-mismatch", r"Error 803\b|unsupported display driver / cuda driver combination"),
        ("forward-compat-refused", r"Error 804\b|forward compatibility was attempted on non supported HW"),
        ("no-driver", r"Found no NVIDIA driver"),
        ("no-cuda-device", r"No CUDA GPUs are available|CUDA_ERROR_NO_DEVICE|no CUDA-capable device"),
        ("cpu-build-on-gpu-target", r"not compiled with CUDA enabled"),
        (
            "torchvision-mismatch",
            r"operator torchvision::\w+ does not exist|'torchvision' has no attribute 'extension'",
        ),
        ("out-of-memory", r"out of memory|OutOfMemoryError|_STATUS_ALLOC_FAILED"),
        ("symbol-missing", r"undefined symbol|WinError 127|procedure could not be found"),
        (
            "library-missing",
            (
                r"cannot open shared object file|WinError 126|Error 126|DLL load failed|Could not (?:load|locate)"
                r"|Unable to load any of|is not found or cannot be loaded"
            ),
        ),
        ("no-operator-for-gpu", r"No operator found for `memory_efficient_attention"),
        ("module-missing", r"No module named"),
        (
            "cudnn-failed",
            (
                r"CUDNN_STATUS_|cuDNN version incompatibility|cuDNN error"
                r"|DNN library (?:is not found|initiali[sz]ation failed)"
            ),
        ),
        ("cublas-failed", r"CUBLAS_STATUS_"),
        ("cusolver-failed", r"CUSOLVER_STATUS_|cusolver error"),
        ("cusparse-failed", r"CUSPARSE_STATUS_|cusparse error"),
        ("nccl-failed", r"NCCL Error|ncclUnhandledCudaError|NCCL error"),
        ("cufft-failed", r"CUFFT_[A-Z]|cuFFT error"),
        (
            "device-fault",
            (
                r"illegal memory access|device-side assert|unspecified launch failure|misaligned address"
                r"|illegal instruction was encountered"
            ),
        ),
    )
)
"""Wordings as torch, ONNX Runtime and the CUDA libraries print them, the specific before the general."""


def classify(text: str, *, otherwise: str = "check-raised") -> str:
    """Find the code of an error text; line breaks that a terminal put into it do not matter."""
    joined = " ".join(text.split())
    return next((code for code, pattern in _SIGNATURES if pattern.search(joined)), otherwise)
