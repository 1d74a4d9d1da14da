"""Reads which CUDA a package was built with from its own files, where its version does not tell (PyPI's builds)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.detect.files import read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_ASSIGNMENT: Final = re.compile(
    r"^(?P<name>\w+)(?:\s*:[^=]+)?\s*=\s*(?:'(?P<a>[^']*)'|\"(?P<b>[^\"]*)\"|None)", re.MULTILINE
)
_LOCAL: Final = re.compile(r"\+(cu\d{3}|cpu|rocm[\d.]+|xpu)\b")
_NUMBERS: Final = re.compile(r"(\d+)\.(\d+)")


def read_build_tag(project: str, site_packages: Path) -> str | None:
    """Read the tag of a build of the GPU family: `cu132`, `cpu`, `rocm6.4`; None for all other projects."""
    known = _FILES.get(project)
    if known is None:
        return None
    file, parse = known
    text = read_text(site_packages / file)
    return None if text is None else parse(text)


def parse_torch_version(text: str) -> str | None:
    """Read `torch/version.py`; None for a text that does not say.

    __version__ = '2.15.0+cu132'
    cuda: Optional[str] = '13.2'
    hip: Optional[str] = None
    """
    told = _assignments(text)
    if "cuda" not in told:
        return None
    for name, prefix in (("cuda", "cu"), ("hip", "rocm"), ("xpu", "xpu")):
        if told.get(name):
            return _tag(prefix, told[name] or "")
    return "cpu"


def parse_companion_version(text: str) -> str | None:
    """Read `torchvision/version.py` or `torchaudio/version.py`: only the label of its version tells.

    __version__ = '0.28.0+cu130'
    """
    found = _LOCAL.search(_assignments(text).get("__version__") or "")
    return found[1] if found else None


def parse_onnxruntime_info(text: str) -> str | None:
    """Read `onnxruntime/capi/build_and_package_info.py`; a CPU build names no CUDA version.

    package_name = 'onnxruntime-gpu'
    cuda_version = '13.0'
    """
    told = _assignments(text)
    if told.get("cuda_version"):
        return _tag("cu", told["cuda_version"] or "")
    return "cpu" if "package_name" in told else None


def _assignments(text: str) -> dict[str, str | None]:
    return {found["name"]: found["a"] or found["b"] for found in _ASSIGNMENT.finditer(text)}


def _tag(prefix: str, version: str) -> str | None:
    numbers = _NUMBERS.match(version)
    if prefix == "xpu":
        return prefix
    if numbers is None:
        return None
    return f"{prefix}{numbers[1]}{'.' if prefix == 'rocm' else ''}{numbers[2]}"


_ONNXRUNTIME: Final = ("onnxruntime/capi/build_and_package_info.py", parse_onnxruntime_info)

_FILES: Final[Mapping[str, tuple[str, Callable[[str], str | None]]]] = {
    "torch": ("torch/version.py", parse_torch_version),
    "torchvision": ("torchvision/version.py", parse_companion_version),
    "torchaudio": ("torchaudio/version.py", parse_companion_version),
    "onnxruntime": _ONNXRUNTIME,
    "onnxruntime-gpu": _ONNXRUNTIME,
}
