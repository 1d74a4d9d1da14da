"""Lists the processes that a verification takes: which check files, on which GPUs, under which variables."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.verification import Check
    from gpuenv.verify.session import Mode

SASS_PREFIX: Final = "sass: "
"""How the names of checks begin that are repeated without the driver's compiler."""

CHECKABLE: Final = frozenset({"torch", "onnxruntime", "onnxruntime-gpu"})
"""The distributions that there are checks for in any case."""

_TORCH_FILES: Final = ("torch_checks.py", "torch_library_checks.py", "torch_attention_checks.py")
_FULL_TORCH_FILES: Final = (*_TORCH_FILES, "torch_full_checks.py", "torch_extension_checks.py")
_ONNXRUNTIME_FILES: Final = ("onnxruntime_checks.py",)
_OTHER_FILES: Final = {
    "cupy_checks.py": frozenset({"cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x"}),
    "jax_checks.py": frozenset({"jax"}),
    "tensorflow_checks.py": frozenset({"tensorflow", "tensorflow-cpu"}),
    "ctranslate2_checks.py": frozenset({"ctranslate2"}),
}
"""Check files of libraries that need no torch, with the distributions that bring each; only with `--full`."""
_NEED_A_GPU: Final = frozenset({"cupy_checks.py"})

_MADE_ON_THE_SPOT: Final = frozenset({"torch-architectures", "torch-complex-abs"})
"""Checks that say nothing about the build's machine code: one runs no kernel, the other's is compiled by NVRTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Check files for one process, the GPUs that it sees, and what is different about it."""

    mode: Mode
    files: tuple[str, ...]
    gpus: tuple[Gpu, ...] = ()
    prefix: str = ""
    """Put before the names of its checks: they are run a second time."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of its own."""

    @property
    def place(self) -> str | None:
        """The GPUs as `Check.gpu` names them."""
        return ",".join(gpu.visible_name for gpu in self.gpus) or None

    @property
    def label(self) -> str:
        """The GPUs as people name them."""
        return ", ".join(gpu.label for gpu in self.gpus) or "CPU"

    @property
    def is_repetition(self) -> bool:
        """Whether only what has passed before is run again."""
        return bool(self.prefix)

    def left_out(self, settled: Iterable[Check]) -> frozenset[str]:
        """Those of the checks settled on these GPUs that a repetition has no use for."""
        if not self.is_repetition:
            return frozenset()
        return _MADE_ON_THE_SPOT.union(check.name for check in settled if check.status != "passed")


def is_checkable(installed: Collection[str], *, is_full: bool) -> bool:
    """Whether there are checks for any of these distributions, named canonically."""
    known = CHECKABLE.union(*_OTHER_FILES.values()) if is_full else CHECKABLE
    return not known.isdisjoint(installed)


def suites_for(
    device: Literal["cuda", "cpu"], gpus: tuple[Gpu, ...], installed: Collection[str], *, is_full: bool
) -> Iterator[Suite]:
    """List the processes that are needed: for each GPU one per library, and one that sees all GPUs.

    ONNX Runtime has two: by itself, and beside the libraries that torch loads first. `is_full` adds other libraries,
    and repeats on each GPU what torch and ONNX Runtime have passed with the driver's compiler switched off.
    """
    has_torch = "torch" in installed
    torch_files = _FULL_TORCH_FILES if is_full else _TORCH_FILES
    for place in [(gpu,) for gpu in gpus] if device == "cuda" else [()]:
        first = [*_libraries(device, place, installed, torch_files)]
        yield from first
        if is_full:
            yield from _others(device, place, installed)
        if is_full and device == "cuda":
            for suite in first:
                if suite.mode == "cuda":
                    files = _TORCH_FILES if suite.files == torch_files else suite.files
                    without_jit = {"CUDA_DISABLE_PTX_JIT": "1"}
                    yield Suite(mode="cuda", files=files, gpus=place, prefix=SASS_PREFIX, variables=without_jit)
    whole = tuple(gpu for gpu in gpus if not gpu.is_mig)  # a process sees one part of divided ones, and no other
    if has_torch and len(whole) > 1 and device == "cuda":
        yield Suite(mode="cuda-group", files=torch_files, gpus=whole)


def _libraries(
    device: Literal["cuda", "cpu"], place: tuple[Gpu, ...], installed: Collection[str], torch_files: tuple[str, ...]
) -> Iterator[Suite]:
    has_torch = "torch" in installed
    has_onnxruntime = "onnxruntime-gpu" in installed or (device == "cpu" and "onnxruntime" in installed)
    if has_torch:
        yield Suite(mode=device, files=torch_files, gpus=place)
    if has_onnxruntime:
        yield Suite(mode=device, files=_ONNXRUNTIME_FILES, gpus=place)
    if has_torch and has_onnxruntime:
        mode: Mode = "cpu-after-torch" if device == "cpu" else "cuda-after-torch"
        yield Suite(mode=mode, files=_ONNXRUNTIME_FILES, gpus=place)


def _others(device: Literal["cuda", "cpu"], place: tuple[Gpu, ...], installed: Collection[str]) -> Iterator[Suite]:
    for file, names in _OTHER_FILES.items():
        if not names.isdisjoint(installed) and (device == "cuda" or file not in _NEED_A_GPU):
            yield Suite(mode=device, files=(file,), gpus=place)
