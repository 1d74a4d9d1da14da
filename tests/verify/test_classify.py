from __future__ import annotations

import re

import pytest

from gpuenv.report.messages.catalog import all_messages
from gpuenv.report.verify import notice_code
from gpuenv.verify.classify import classify
from gpuenv.verify.session import PAYLOADS

NO_KERNEL = "RuntimeError: CUDA error: no kernel image is available for execution on the device"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (NO_KERNEL, "no-kernel-image"),
        (
            "running Conv node. Status Message: CUDA error cudaErrorNoKernelImageForDevice:no kernel image is",
            "no-kernel-image",
        ),
        ("FATAL: this function is for sm80, but was built for sm370", "kernel-built-for-other-gpu"),
        ("CUDA error: the provided PTX was compiled with an unsupported toolchain.", "ptx-newer-than-driver"),
        ("nvrtc: error: invalid value for --gpu-architecture (-arch)", "nvrtc-failed"),
        ("RuntimeError: NVRTC_ERROR_INVALID_OPTION: nvrtc rejected sm_120", "nvrtc-failed"),
        ("libnvrtc.so.12: cannot open shared object file: No such file or directory", "library-missing"),
        ("The NVIDIA driver on your system is too old (found version 11040).", "driver-too-old"),
        ("CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version", "driver-too-old"),
        (
            "Unexpected error. Error 803: system has unsupported display driver / cuda driver combination",
            "driver-mismatch",
        ),
        ("Error 804: forward compatibility was attempted on non supported HW", "forward-compat-refused"),
        ("RuntimeError: Found no NVIDIA driver on your system.", "no-driver"),
        ("RuntimeError: No CUDA GPUs are available", "no-cuda-device"),
        ("AssertionError: Torch not compiled with CUDA enabled", "cpu-build-on-gpu-target"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.", "out-of-memory"),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", "out-of-memory"),
        ("RuntimeError: operator torchvision::nms does not exist", "torchvision-mismatch"),
        (
            "ImportError: libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_1, version libnvJitLink.so.12",
            "symbol-missing",
        ),
        ("Could not locate cudnn_ops64_9.dll. Please make sure it is in your library path!", "library-missing"),
        ("OSError: [WinError 126] The specified module could not be found.", "library-missing"),
        ("RuntimeError: Library libcublas.so.12 is not found or cannot be loaded", "library-missing"),
        (
            "NotImplementedError: No operator found for `memory_efficient_attention_forward` with inputs:\n query: ...",
            "no-operator-for-gpu",
        ),
        ("UnimplementedError: DNN library is not found. [Op:Conv2D]", "cudnn-failed"),
        ("ModuleNotFoundError: No module named 'torch._C'", "module-missing"),
        (
            "cuDNN version incompatibility: PyTorch was compiled  against (9, 1, 0) but found runtime version (8, 9)",
            "cudnn-failed",
        ),
        ("RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", "cudnn-failed"),
        ("RuntimeError: CUDA error: CUBLAS_STATUS_INVALID_VALUE when calling `cublasSgemm`", "cublas-failed"),
        ("RuntimeError: cusolver error: CUSOLVER_STATUS_INTERNAL_ERROR", "cusolver-failed"),
        ("CUDA error: CUSPARSE_STATUS_NOT_SUPPORTED", "cusparse-failed"),
        ("RuntimeError: cuFFT error: CUFFT_INTERNAL_ERROR", "cufft-failed"),
        ("RuntimeError: NCCL Error 1: unhandled cuda error (run with NCCL_DEBUG=INFO for details)", "nccl-failed"),
        ("RuntimeError: CUDA error: PTX JIT compilation was disabled", "needs-ptx-jit"),
        ("RuntimeError: Failed to find C compiler. Please specify via CC environment variable.", "compiler-missing"),
        ("main.c:5:10: fatal error: Python.h: No such file or directory", "compiler-missing"),
        ("RuntimeError: CUDA error: an illegal memory access was encountered", "device-fault"),
        ("RuntimeError: something else", "check-raised"),
    ],
)
def test_an_error_text_has_its_code_and_the_code_a_sentence(text: str, code: str) -> None:
    """The texts are as programs printed them (issue threads of torch, ONNX Runtime, GPT-SoVITS and others)."""
    assert classify(text) == code
    assert notice_code(code) in all_messages()


def test_a_text_that_a_terminal_wrapped_has_the_same_code() -> None:
    assert classify(NO_KERNEL.replace(" image ", "\n   image ")) == "no-kernel-image"


def test_what_is_not_known_has_the_code_of_the_caller() -> None:
    assert classify("", otherwise="check-crashed") == "check-crashed"


def test_every_code_that_a_check_gives_has_a_sentence() -> None:
    given = {
        code
        for path in PAYLOADS.glob("*_checks.py")
        for code in re.findall(r'bench\.(?:skip|fail)\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    given |= {"served-by-ptx", "command-failed", "command-printed-error", "command-fell-back-to-cpu"}
    given |= {"wrong-numbers", "interpreter-failed", "check-timed-out", "check-crashed", "not-reached"}
    assert {"silent-cpu-session", "cpu-build-on-gpu-target", "capability-too-low"} < given
    assert {code for code in given if notice_code(code) not in all_messages()} == set()
