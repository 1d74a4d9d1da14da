from __future__ import annotations

from dataclasses import replace

import pytest

from gpuenv.detect.judging.visibility import order_is_uncertain, visible_gpus
from support.machines import gpu

FOUR = tuple(gpu("9.0", index=index, uuid=f"GPU-{index}a{index}b-1111") for index in range(4))
MIXED = (FOUR[0], replace(FOUR[1], name="NVIDIA GeForce RTX 5090"))


@pytest.mark.parametrize(
    ("value", "indexes"),
    [
        ("0,1,2,3", [0, 1, 2, 3]),
        ("3, 1", [3, 1]),
        ("GPU-2a2b", [2]),
        ("GPU-2a2b-1111,GPU-0", [2, 0]),
        ("1,9,2", [1]),
        ("1,-1,2", [1]),
        ("1,1", [1]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("GPU-", []),
        ("MIG-5d1e", [0]),
    ],
)
def test_the_variable_names_what_is_visible_up_to_the_first_that_names_nothing(value: str, indexes: list[int]) -> None:
    visible = visible_gpus(FOUR, {"CUDA_VISIBLE_DEVICES": value})
    assert [found.index for found in visible] == indexes


def test_without_the_variable_everything_is_visible() -> None:
    assert visible_gpus(FOUR, {}) == FOUR


def test_ordinals_are_uncertain_only_between_different_cards_in_cudas_own_order() -> None:
    ordinals = {"CUDA_VISIBLE_DEVICES": "0"}
    assert order_is_uncertain(MIXED, ordinals)
    assert not order_is_uncertain(FOUR, ordinals)
    assert not order_is_uncertain(MIXED, {**ordinals, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    assert not order_is_uncertain(MIXED, {"CUDA_VISIBLE_DEVICES": "GPU-0a0b"})
    assert not order_is_uncertain(MIXED, {})
