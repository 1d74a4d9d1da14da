"""Makes the environment variables of the processes that run checks: nothing cached passes, nothing is biased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.hardware import Gpu

_BIASED: Final = frozenset(
    {
        # A float32 product becomes tf32 whatever the program says: a sound library would fail its check.
        *("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
        # torch.compile does nothing, Triton computes on the CPU: a library that fails would pass its check.
        *("TORCHDYNAMO_DISABLE", "TORCH_COMPILE_DISABLE", "TRITON_INTERPRET"),
    }
)
"""Variables under which a check says nothing about what it is for."""


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
        variables["CUDA_VISIBLE_DEVICES"] = ",".join(gpu.visible_name for gpu in gpus)
        # Indexes are NVML's, in the order of the bus; CUDA's own order begins with the fastest GPU.
        variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    return variables
