"""Sums checks up as capabilities: which of the things that people use work on these GPUs."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.errors import UsageError
from gpuenv.verify.commands import COMMAND_PREFIX, IMPORT_PREFIX
from gpuenv.verify.suites import SASS_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.verification import Check

State = Literal["ok", "fails", "unsupported", "absent", "untested"]

CAPABILITIES: Final = {
    "import": ("python-starts", "torch-import", "torch-cuda-initialises"),
    "kernels": (
        "torch-architectures",
        "torch-elementwise",
        "torch-reduction",
        "torch-sort",
        "torch-cumsum",
        "torch-index",
        "torch-softmax",
        "torch-random",
        "torch-autograd",
    ),
    "fp32": ("torch-matmul-float32",),
    "tf32": ("torch-matmul-tf32",),
    "fp16": ("torch-matmul-float16", "torch-convolution-float16"),
    "bf16": ("torch-matmul-bfloat16",),
    "fp8": ("torch-matmul-float8",),
    "convolution": ("torch-convolution",),
    "fft": ("torch-fft",),
    "nvrtc": ("torch-complex-abs",),
    "solver": ("torch-solve",),
    "sparse": ("torch-sparse",),
    "attention": ("torch-attention-math", "torch-attention-efficient"),
    "flash": ("torch-attention-flash",),
    "cudnn-attention": ("torch-attention-cudnn",),
    "torchvision": ("torchvision-nms",),
    "multi-gpu": ("torch-copy-between-gpus",),
    "ort": ("onnxruntime-import", "onnxruntime-session", "onnxruntime-after-torch"),
    "sass": (),
    "compile": ("torch-compile",),
    "torchaudio": ("torchaudio-resample",),
    "nccl": ("torch-all-reduce",),
    "bitsandbytes": ("bitsandbytes-quantise",),
    "xformers": ("xformers-attention",),
    "flash-attn": ("flash-attn-attention",),
    "cupy": ("cupy-import", "cupy-product"),
    "jax": ("jax-import", "jax-product", "jax-convolution"),
    "tensorflow": ("tensorflow-import", "tensorflow-product", "tensorflow-convolution"),
    "ctranslate2": ("ctranslate2-import", "ctranslate2-encode", "ctranslate2-convolve"),
    "extensions": (),
    "commands": (),
}
"""Each capability and the checks that prove it; every check belongs to one. Those without names are proven by
checks whose names begin as `_BY_PREFIX` says."""

_BY_PREFIX: Final = {SASS_PREFIX: "sass", IMPORT_PREFIX: "extensions", COMMAND_PREFIX: "commands"}

_FULL_ONLY: Final = frozenset(
    {
        *("sass", "compile", "torchaudio", "nccl", "bitsandbytes", "xformers", "flash-attn"),
        *("cupy", "jax", "tensorflow", "ctranslate2"),
    }
)
"""Capabilities whose checks take minutes, or are of libraries that few have."""

_BROUGHT_BY: Final = {
    "ort": "onnxruntime-gpu",
    **{name: name for name in ("torchvision", "torchaudio", "bitsandbytes", "xformers", "flash-attn", "ctranslate2")},
    **{name: name for name in ("jax", "tensorflow")},
}
"""The packages that bring capabilities beside torch; which CuPy depends on the CUDA major."""

_SKIPPED: Final[Mapping[str | None, State]] = {
    "capability-too-low": "unsupported",
    "not-in-this-build": "unsupported",
    "served-by-ptx": "unsupported",
    "not-installed": "absent",
}
"""What a skipped check says of its capability, by its code; every other code says nothing: untested."""

_WORST_FIRST: Final[tuple[State, ...]] = ("fails", "untested", "unsupported", "absent")


def profile(checks: Sequence[Check]) -> tuple[tuple[str, State], ...]:
    """Sum the checks up over all GPUs, the worst answer first; what was neither run nor skipped is left out."""
    proofs = {
        capability: [check for check in checks if capability_of(check) == capability] for capability in CAPABILITIES
    }
    return tuple((capability, _state(found)) for capability, found in proofs.items() if found)


def capability_of(check: Check) -> str:
    """The capability that a check proves."""
    for prefix, capability in _BY_PREFIX.items():
        if check.name.startswith(prefix):
            return capability
    return next(capability for capability, names in CAPABILITIES.items() if check.name in names)


def _state(checks: Sequence[Check]) -> State:
    states = {_state_of(check) for check in checks}
    return next((state for state in _WORST_FIRST if state in states), "ok")


def _state_of(check: Check) -> State:
    match check.status:
        case "passed":
            return "ok"
        case "failed":
            return "fails"
        case "skipped":
            return _SKIPPED.get(check.code, "untested")


def unproven(checks: Sequence[Check], required: Sequence[str]) -> tuple[str, ...]:
    """The required capabilities that are not proven; with nothing required, those with a failed check."""
    found = dict(profile(checks))
    if not required:
        return tuple(capability for capability, state in found.items() if state == "fails")
    return tuple(capability for capability in dict.fromkeys(required) if found.get(capability) != "ok")


def needs_full(required: Sequence[str]) -> bool:
    """Whether only the checks of `--full` prove one of these."""
    return not _FULL_ONLY.isdisjoint(required)


def packages_for(capabilities: Sequence[str]) -> tuple[str, ...]:
    """Name the packages that bring capabilities; those that torch itself has bring none."""
    return tuple(_BROUGHT_BY[name] for name in capabilities if name in _BROUGHT_BY)


def parse_required(text: str) -> tuple[str, ...]:
    """Read `fp16,nvrtc`; `UsageError("unknown-capability")` names near ones."""
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in CAPABILITIES]
    if unknown:
        near = {name: difflib.get_close_matches(name, CAPABILITIES, n=3, cutoff=0.4) for name in unknown}
        meant = [found for name in names for found in near.get(name, [name])[:1]]
        raise UsageError(
            "unknown-capability",
            capability=unknown[0],
            near=tuple(near[unknown[0]] or CAPABILITIES),
            meant=",".join(dict.fromkeys(meant)),
        )
    return names
