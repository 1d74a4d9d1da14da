"""Makes a build of torch from a wheel: its GPU code, its CUDA version, and what it pins."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.matrix import TorchBuild
from gpuenv.models.settings import redact_url
from gpuenv.workflow.measuring.wheel_reading import (
    main_sets,
    member_text,
    metadata_of,
    opened,
    provenance_of,
    pythons_of,
    requirements_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.requirements import Requirement

    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.target import Target

_MAIN_LIBRARY: Final = re.compile(r"torch/lib/(?:lib)?torch_cuda(?:_cu|_cpp)?\.(?:so|dll)")
_CUDA: Final = re.compile(r"^cuda[^=\n]*=\s*'(\d+\.\d+)", re.MULTILINE)
"""In `torch/version.py`: `cuda: Optional[str] = '13.0'`."""


def measure_torch(
    page: ProjectPage, wheel: IndexedWheel, target: Target, settings: IndexSettings, *, today: str
) -> TorchBuild | None:
    """Make the build of a wheel that a page lists; None for one without CUDA.

    Not more is read than tells the main set: the evidence is `binary-partial`. Raises `GpuenvError`, `OSError`,
    `zipfile.BadZipFile`.
    """
    with opened(wheel.url, settings) as file:
        with zipfile.ZipFile(file) as archive:
            cuda = _CUDA.search(member_text(archive, "torch/version.py"))
            pins = requirements_of(metadata_of(archive))
        tag = page.tag or _tag_in(wheel.version.local) or (CudaVersion.parse(cuda[1]).tag if cuda else None)
        if tag is None:
            return None
        sets = main_sets(file, redact_url(wheel.url), _MAIN_LIBRARY)
    pythons = pythons_of(page, wheel) or [target.python]
    return TorchBuild(
        version=Version(wheel.version.public),
        tag=tag,
        platform=target.platform.name,
        sass=frozenset(code for one in sets for code in one.sass),
        ptx=frozenset(code for one in sets for code in one.ptx),
        ptx_is_known=True,
        python_min=pythons[0],
        python_max=pythons[-1],
        local=wheel.version.local,
        on_pytorch_index=False,
        on_pypi=False,
        is_official=True,
        cudnn=_exact(pins, "nvidia-cudnn"),
        nccl=_exact(pins, "nvidia-nccl"),
        triton=next((pin.specifier for pin in pins if pin.name == "triton"), None),
        provenance=provenance_of(wheel, today),
    )


def _tag_in(local: str | None) -> str | None:
    """Find the CUDA tag that a local label names: all of it on PyTorch's indexes, a part of a company's own."""
    parts = (local or "").split(".")
    return next((part for part in parts if CudaVersion.from_tag(part) is not None), None)


def _exact(pins: Sequence[Requirement], prefix: str) -> Version | None:
    for pin in pins:
        if pin.name.startswith(prefix):
            for specifier in pin.specifier:
                if specifier.operator == "==" and "*" not in specifier.version:
                    return Version(specifier.version)
    return None
