"""Reads what the local label of an extension's version says: the torch, the CUDA and the C++ ABI it was built for."""

from __future__ import annotations

import re
from typing import Final

from packaging.version import Version

_CUDA_LABEL: Final = re.compile(r"cu(?P<number>\d{2,3})")
_TORCH_LABEL: Final = re.compile(r"(?:torch|pt)(?P<major>\d)\.?(?P<minor>\d{1,2})")
_CPU_LABEL: Final = "cpu"
_ABI_LABEL: Final = re.compile(r"cxx11abi(?P<is_new>true|false)")
_NEW_ABI_FROM: Final = Version("2.7")
"""The first torch whose Linux wheels all have the new C++ ABI."""
_NEW_ABI_BEFORE: Final = (Version("2.6"), "cu126")
"""Of torch 2.6 those of this tag had it already."""


def label_fits(label: str, *, torch: Version, tag: str, has_abi: bool = True) -> bool:
    """Tell whether a local label (`cu12torch2.8cxx11abitrue`, `pt28cu128`) names this torch; one that is silent fits.

    `has_abi`: whether there are two C++ ABIs to tell apart; Windows has one, whatever the label says.

    >>> label_fits("pt28cu128", torch=Version("2.8.0"), tag="cu128")
    True
    >>> label_fits("cu12torch2.7cxx11abitrue", torch=Version("2.8.0"), tag="cu128")
    False
    """
    if _CPU_LABEL in label and tag != _CPU_LABEL:
        return False
    cuda, release, abi = _CUDA_LABEL.search(label), _TORCH_LABEL.search(label), _ABI_LABEL.search(label)
    if cuda is not None and not tag.removeprefix("cu").startswith(cuda["number"]):
        return False
    if release is not None and (int(release["major"]), int(release["minor"])) != (torch.major, torch.minor):
        return False
    is_new = torch >= _NEW_ABI_FROM or (torch >= _NEW_ABI_BEFORE[0] and tag == _NEW_ABI_BEFORE[1])
    return abi is None or not has_abi or (abi["is_new"] == "true") == is_new


def torch_of(label: str) -> str | None:
    """Read the minor release of torch that a label names: `2.8`; None where it is silent.

    >>> torch_of("pt210cu128")
    '2.10'
    """
    found = _TORCH_LABEL.search(label)
    return f"{found['major']}.{found['minor']}" if found is not None else None


def cuda_of(label: str) -> str | None:
    """Read the beginning of the CUDA tags that a label names: `cu12`, `cu128`; None where it is silent."""
    found = _CUDA_LABEL.search(label)
    return f"cu{found['number']}" if found is not None else None
