"""Which labels name the torch that is there."""

from __future__ import annotations

import pytest
from packaging.version import Version

from gpuenv.rules.wheel_labels import cuda_of, label_fits, torch_of


@pytest.mark.parametrize(
    ("label", "torch", "tag", "fits"),
    [
        ("", "2.8.0", "cu128", True),
        ("pt28cu128", "2.8.0", "cu128", True),
        ("pt210cu128", "2.10.0", "cu128", True),
        ("pt28cu129", "2.8.0", "cu128", False),
        ("cu12torch2.8cxx11abitrue", "2.8.0", "cu128", True),
        ("cu12torch2.8cxx11abifalse", "2.8.0", "cu128", False),
        ("cu12torch2.6cxx11abifalse", "2.6.0", "cu124", True),
        ("cu12torch2.6cxx11abifalse", "2.6.0", "cu126", False),
        ("cu12torch2.6cxx11abitrue", "2.6.0", "cu126", True),
        ("cu13torch2.10cxx11abitrue", "2.10.0", "cu130", True),
        ("cu130torch2.9.1cxx11abitrue", "2.9.1", "cu130", True),
        ("pt212cu130", "2.12.1", "cu130", True),
        ("pt212cu130", "2.1.2", "cu130", False),
        ("pt212cpu", "2.12.0", "cu130", False),
        ("pt214cu132sm87-1agxlocal0", "2.14.0", "cu132", True),
        ("cu12torch2.8cxx11abitrue", "2.9.1", "cu128", False),
        ("cu12torch2.8cxx11abitrue", "2.8.0", "cu130", False),
        ("pt20cu118", "2.8.0", "cu118", False),
    ],
)
def test_a_label_names_torch_cuda_and_abi(label: str, torch: str, tag: str, *, fits: bool) -> None:
    assert label_fits(label, torch=Version(torch), tag=tag) == fits


def test_a_label_for_windows_tells_no_abi() -> None:
    label = "cu128torch2.8.0cxx11abifalse"
    assert label_fits(label, torch=Version("2.8.0"), tag="cu128", has_abi=False)
    assert not label_fits(label, torch=Version("2.8.0"), tag="cu128")


@pytest.mark.parametrize(
    ("label", "torch", "cuda"),
    [
        ("cu12torch2.8cxx11abitrue", "2.8", "cu12"),
        ("pt212cu130", "2.12", "cu130"),
        ("cu130torch2.9.1cxx11abitrue", "2.9", "cu130"),
        ("5d4b92a5.d20251029", None, None),
        ("", None, None),
    ],
)
def test_a_label_tells_torch_and_cuda_or_is_silent(label: str, torch: str | None, cuda: str | None) -> None:
    assert (torch_of(label), cuda_of(label)) == (torch, cuda)
