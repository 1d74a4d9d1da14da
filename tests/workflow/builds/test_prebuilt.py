"""Which wheels of a page name the torch that is there, and which of their libraries it loads."""

from __future__ import annotations

import pytest
from packaging.version import Version

from gpuenv.workflow.builds.prebuilt import label_fits


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
        ("cu12torch2.8cxx11abitrue", "2.9.1", "cu128", False),
        ("cu12torch2.8cxx11abitrue", "2.8.0", "cu130", False),
        ("pt20cu118", "2.8.0", "cu118", False),
    ],
)
def test_a_label_names_torch_cuda_and_abi(label: str, torch: str, tag: str, *, fits: bool) -> None:
    assert label_fits(label, torch=Version(torch), tag=tag) == fits
