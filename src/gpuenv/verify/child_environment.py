"""Makes the environment variables of the processes that run checks: nothing cached passes, nothing is biased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.hardware import Gpu

_BIASED: Final = frozenset({"NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"})
"""Variables that make a float32 product tf32 whatever the program says: a sound library would fail its check."""


def child_environment(environ: Mapping[str, str], *, gpus: Sequence[Gpu], caches: Path) -> dict[str, str]:
    """Make the variables for one process that sees exactly these GPUs; without any, visibility is left as it is.

    `caches` is an empty folder: a kernel that an earlier run compiled proves nothing today.
    """
    variables = {name: value for name, value in environ.items() if name not in _BIASED}
    variables |= {
        "USE_PYTORCH_KERNEL_CACHE": "0",
        "CUDA_CACHE_DISABLE": "1",
        "CUDA_CACHE_PATH": str(caches / "cuda"),
        "TRITON_CACHE_DIR": str(caches / "triton"),
        "TORCHINDUCTOR_CACHE_DIR": str(caches / "inductor"),
        "CUPY_CACHE_DIR": str(caches / "cupy"),
        "JAX_ENABLE_COMPILATION_CACHE": "false",
        "PYTHONIOENCODING": "utf-8",
    }
    if gpus:
        variables["CUDA_VISIBLE_DEVICES"] = ",".join(visible_name(gpu) for gpu in gpus)
        # Indexes are NVML's, in the order of the bus; CUDA's own order begins with the fastest GPU.
        variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    return variables


def visible_name(gpu: Gpu) -> str:
    """Name a GPU as `CUDA_VISIBLE_DEVICES` takes it: its UUID, else its index in the order of the bus."""
    return gpu.uuid or str(gpu.index or 0)
