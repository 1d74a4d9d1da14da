from __future__ import annotations

from pathlib import Path

from gpuenv.models.hardware import Gpu, Probe
from gpuenv.verify.child_environment import child_environment

CACHES = Path("caches")
FRESH = {
    "USE_PYTORCH_KERNEL_CACHE": "0",
    "CUDA_CACHE_DISABLE": "1",
    "CUDA_CACHE_PATH": str(CACHES / "cuda"),
    "TRITON_CACHE_DIR": str(CACHES / "triton"),
    "TORCHINDUCTOR_CACHE_DIR": str(CACHES / "inductor"),
    "CUPY_CACHE_DIR": str(CACHES / "cupy"),
    "JAX_ENABLE_COMPILATION_CACHE": "false",
    "PYTHONIOENCODING": "utf-8",
}


def gpu(*, uuid: str | None, index: int) -> Gpu:
    return Gpu(name="a GPU", capabilities=(), probe=Probe.NVML, uuid=uuid, index=index)


def test_the_gpus_are_named_by_uuid_else_by_index() -> None:
    made = child_environment(
        {"HOME": "/home/me", "CUDA_VISIBLE_DEVICES": "7"},
        gpus=[gpu(uuid="GPU-1", index=0), gpu(uuid=None, index=3)],
        caches=CACHES,
    )
    assert made == {
        "HOME": "/home/me",
        **FRESH,
        "CUDA_VISIBLE_DEVICES": "GPU-1,3",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    }


def test_variables_that_bias_a_float32_product_are_left_out() -> None:
    given = {"NVIDIA_TF32_OVERRIDE": "1", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1", "LD_LIBRARY_PATH": "/usr/local/cuda"}
    assert child_environment(given, gpus=(), caches=CACHES) == {"LD_LIBRARY_PATH": "/usr/local/cuda", **FRESH}
