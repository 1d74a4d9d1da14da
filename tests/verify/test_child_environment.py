from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gpuenv.models.hardware import Gpu, MigInstance, Probe
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


def test_of_a_divided_gpu_its_first_part_is_named() -> None:
    parts = tuple(MigInstance(name="a part", uuid=name, memory_bytes=None) for name in (None, "MIG-1", "MIG-2"))
    divided = replace(gpu(uuid="GPU-1", index=0), is_mig=True, mig_instances=parts)
    made = child_environment({}, gpus=[divided], caches=CACHES)
    assert made["CUDA_VISIBLE_DEVICES"] == "MIG-1"
    assert replace(divided, is_mig=False).visible_name == "GPU-1"


def test_variables_under_which_a_check_proves_nothing_are_left_out() -> None:
    given = {
        **dict.fromkeys(("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"), "1"),
        **dict.fromkeys(("TORCHDYNAMO_DISABLE", "TORCH_COMPILE_DISABLE", "TRITON_INTERPRET"), "1"),
        "LD_LIBRARY_PATH": "/usr/local/cuda",
    }
    assert child_environment(given, gpus=(), caches=CACHES) == {"LD_LIBRARY_PATH": "/usr/local/cuda", **FRESH}
