"""Judges advice that stands in a text beside the error: commands and sentences from guides that cannot help here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.diagnose.architecture import place_by_toolkit, place_in_torch
from gpuenv.diagnose.normalise import fold
from gpuenv.diagnose.verdict import Verdict
from gpuenv.models.cuda import ComputeCapability, CudaVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.diagnose.known import Known
    from gpuenv.diagnose.normalise import LogText
    from gpuenv.models.diagnosis import CauseClass

_INDEX: Final = "download.pytorch.org/whl/"
_INDEX_TAG: Final = re.compile(r"(?P<channel>nightly/)?(?P<tag>cu\d{3})")
_MOST: Final = 5
"""Index URLs that are judged."""
_ARCH_LIST: Final = fold("TORCH_CUDA_ARCH_LIST")
_DRIVER_ADVICE: Final = re.compile(
    r"driver(?:version)?(?:>=|≥)\d{3}|(?:update|upgrade|reinstall)(?:the|your|my)?(?:nvidia|gpu|graphics)?drivers?",
    re.IGNORECASE,
)
_ADVICE_WINDOW: Final = 20_000
"""Characters at either end of a text in which people write sentences."""
_NOT_THE_DRIVER: Final[frozenset[CauseClass]] = frozenset(
    {
        "arch-too-new-for-build",
        "arch-dropped-by-build",
        "extension-arch-missing",
        "cpu-only-build",
        "nvrtc-too-old",
        "torchvision-mismatch",
    }
)


def judge_advice(log: LogText, known: Known, primary: Verdict) -> tuple[Verdict, ...]:
    """List the advice in a text that does not remove its primary cause."""
    named = primary.context.get("capability")
    capability = ComputeCapability.parse(str(named)) if named else next((found for _, found in known.gpus), None)
    verdicts = list(_indexes(log, known, capability)) if capability is not None else []
    if primary.code == "nvrtc-too-old-for-gpu" and _ARCH_LIST in log.folded:
        verdicts.append(
            Verdict(code="advice-arch-list-does-not-help", confidence="high", reasons=("TORCH_CUDA_ARCH_LIST",))
        )
    cause_class = primary.cause_class or known.book.cause_class(primary.code)
    ends = f"{log.squeezed[:_ADVICE_WINDOW]} {log.squeezed[-_ADVICE_WINDOW:]}"
    said = _DRIVER_ADVICE.search(ends) if cause_class in _NOT_THE_DRIVER else None
    if said is not None:
        verdicts.append(Verdict(code="advice-driver-does-not-help", confidence="medium", reasons=(said.group(),)))
    return tuple(verdicts)


def _indexes(log: LogText, known: Known, capability: ComputeCapability) -> Iterator[Verdict]:
    """Judge the index URLs of commands by what builds of that CUDA version hold."""
    place, seen = log.squeezed.find(_INDEX), set[str]()
    for _ in range(_MOST):
        if place < 0:
            return
        start = place + len(_INDEX)
        found = _INDEX_TAG.match(log.squeezed, start)
        place = log.squeezed.find(_INDEX, start)
        if found is None or found.group() in seen:
            continue
        seen.add(found.group())
        cuda = CudaVersion.from_tag(found["tag"])
        if cuda is None:
            continue
        stands = place_in_torch(known, capability, torch=None, tag=found["tag"])
        if found["channel"] and stands == "newer":
            stands = None  # nightly builds know a GPU before the releases of their CUDA version do
        if (stands or place_by_toolkit(capability, cuda)) != "covered":
            yield Verdict(
                code="advice-index-lacks-gpu",
                confidence="high",
                context={"index": found.group(), "target": capability.sm},
                reasons=(f"{_INDEX}{found.group()}",),
            )
