"""GPUs are found by any usual spelling, the closest name only."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuenv.errors import UsageError
from gpuenv.matrix import gpu_names
from gpuenv.matrix.catalog import load_gpu_models
from gpuenv.matrix.gpu_names import find_gpu
from gpuenv.models.matrix import GpuModel


@cache
def models() -> tuple[GpuModel, ...]:
    return load_gpu_models("2026.11", cwd=Path("/"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rtx-5090", "NVIDIA GeForce RTX 5090"),
        ("RTX 5090", "NVIDIA GeForce RTX 5090"),
        ("rtx_5090", "NVIDIA GeForce RTX 5090"),
        ("5090", "NVIDIA GeForce RTX 5090"),
        ("5090D", "NVIDIA GeForce RTX 5090 D"),
        ("rtx-5070", "NVIDIA GeForce RTX 5070"),
        ("rtx5070ti", "NVIDIA GeForce RTX 5070 Ti"),
        ("NVIDIA GeForce RTX 5070 Ti", "NVIDIA GeForce RTX 5070 Ti"),
        ("  nvidia geforce rtx 5070   ti ", "NVIDIA GeForce RTX 5070 Ti"),
        ("GeForce RTX™ 4070", "NVIDIA GeForce RTX 4070"),
        ("NVIDIA(R) GeForce(TM) RTX 4070", "NVIDIA GeForce RTX 4070"),
        ("4090 laptop", "NVIDIA GeForce RTX 4090 Laptop GPU"),
        ("RTX 4090 Mobile", "NVIDIA GeForce RTX 4090 Laptop GPU"),
        ("RTX 3090 24GB", "NVIDIA GeForce RTX 3090"),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "NVIDIA A100-SXM4-40GB"),
        ("RTX 4060 Ti 16 GB", "NVIDIA GeForce RTX 4060 Ti"),
        ("gtx1080ti", "NVIDIA GeForce GTX 1080 Ti"),
        ("gtx 1080", "NVIDIA GeForce GTX 1080"),
        ("1660 super", "NVIDIA GeForce GTX 1660 SUPER"),
        ("940mx", "NVIDIA GeForce 940MX"),
        ("Tesla V100-SXM2-16GB", "Tesla V100-SXM2-16GB"),
        ("h100", "NVIDIA H100"),
        ("H100 PCIe", "NVIDIA H100 PCIe"),
        ("a100-sxm4-80gb", "NVIDIA A100-SXM4-80GB"),
        ("t4", "Tesla T4"),
        ("t4g", "NVIDIA T4G"),
        ("l4", "NVIDIA L4"),
        ("l40s", "NVIDIA L40S"),
        ("a10", "NVIDIA A10"),
        ("a10g", "NVIDIA A10G"),
        ("rtx a6000", "NVIDIA RTX A6000"),
        ("rtx 6000 ada", "NVIDIA RTX 6000 Ada Generation"),
        ("Quadro RTX 6000", "Quadro RTX 6000"),
        ("p40", "Tesla P40"),
        ("k80", "Tesla K80"),
        ("titan v", "NVIDIA TITAN V"),
        ("gb10", "NVIDIA GB10"),
        ("dgx-spark", "NVIDIA DGX Spark"),
        ("jetson nano", "NVIDIA Tegra X1 (Jetson Nano / TX1)"),
        ("jetson agx orin", "Orin (Jetson AGX Orin / Orin NX / Orin Nano)"),
    ],
)
def test_a_spelling_means_exactly_one_model(text: str, name: str) -> None:
    assert [model.name for model in find_gpu(text, models()).models] == [name]


@pytest.mark.parametrize(
    ("text", "names", "capabilities"),
    [
        (
            "a100",
            [
                "NVIDIA A100 80GB PCIe",
                "NVIDIA A100-PCIE-40GB",
                "NVIDIA A100-SXM-64GB",
                "NVIDIA A100-SXM4-40GB",
                "NVIDIA A100-SXM4-80GB",
            ],
            ["8.0"],
        ),
        ("a100 40gb", ["NVIDIA A100-PCIE-40GB", "NVIDIA A100-SXM4-40GB"], ["8.0"]),
        ("gh200", ["NVIDIA GH200 120GB", "NVIDIA GH200 480GB"], ["9.0"]),
        (
            "rtx pro 6000",
            ["NVIDIA RTX PRO 6000 Blackwell Server Edition", "NVIDIA RTX PRO 6000 Blackwell Workstation Edition"],
            ["12.0"],
        ),
        ("titan x", ["NVIDIA TITAN X (Pascal)", "NVIDIA GeForce GTX TITAN X"], ["5.2", "6.1"]),
        ("rtx 6000", ["NVIDIA RTX 6000 Ada Generation", "Quadro RTX 6000"], ["7.5", "8.9"]),
        ("gt 730", ["NVIDIA GeForce GT 730", "NVIDIA GeForce GT 730"], ["3.0", "3.5"]),
    ],
)
def test_a_name_that_leaves_several_open_gives_them_all(text: str, names: list[str], capabilities: list[str]) -> None:
    found = find_gpu(text, models()).models
    assert [model.name for model in found] == names
    assert [str(capability) for capability in sorted({model.capability for model in found})] == capabilities


@pytest.mark.parametrize(
    ("text", "card", "capability", "series"),
    [
        ("NVIDIA A100-40C", "NVIDIA A100 80GB PCIe", "8.0", "C"),
        ("NVIDIA A100-1-5C", "NVIDIA A100 80GB PCIe", "8.0", "C"),
        ("NVIDIA A100D-1-20CME", "NVIDIA A100 80GB PCIe", "8.0", "C"),
        ("GRID T4-16Q", "Tesla T4", "7.5", "Q"),
        ("t4-16q", "Tesla T4", "7.5", "Q"),
        ("NVIDIA L40S-48Q", "NVIDIA L40S", "8.9", "Q"),
        ("NVIDIA L4-2B", "NVIDIA L4", "8.9", "B"),
        ("NVIDIA A40-8A", "NVIDIA A40", "8.6", "A"),
        ("NVIDIA H100XM-80C", "NVIDIA H100", "9.0", "C"),
        ("GRID V100DX-32Q", "Tesla V100-DGXS-16GB", "7.0", "Q"),
        ("GRID M60-8Q", "Tesla M60", "5.2", "Q"),
        ("GRID RTX6000-24Q", "Quadro RTX 6000", "7.5", "Q"),
        ("NVIDIA RTX6000-Ada-48Q", "NVIDIA RTX 6000 Ada Generation", "8.9", "Q"),
        ("NVIDIA RTXA6000-48Q", "NVIDIA RTX A6000", "8.6", "Q"),
        ("NVIDIA RTX Pro 6000 Blackwell DC-96Q", "NVIDIA RTX PRO 6000 Blackwell Server Edition", "12.0", "Q"),
    ],
)
def test_a_virtual_gpu_is_the_card_that_it_is_a_part_of(text: str, card: str, capability: str, series: str) -> None:
    found = find_gpu(text, models())
    assert (found.models[0].name, found.vgpu_series) == (card, series)
    assert {str(model.capability) for model in found.models} == {capability}


@pytest.mark.parametrize("text", ["GRID K240Q", "GeForce 940A"])
def test_a_card_whose_name_ends_like_a_profile_is_none(text: str) -> None:
    assert find_gpu(text, models()).vgpu_series is None


def test_a_profile_of_no_card_is_unknown() -> None:
    with pytest.raises(UsageError) as caught:
        find_gpu("NVIDIA X9-8Q", models())
    assert caught.value.code == "unknown-gpu"


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("gb10", "linux-aarch64"),
        ("gh200", "linux-aarch64"),
        ("gb200", "linux-aarch64"),
        ("gb300", "linux-aarch64"),
        ("jetson agx orin", "linux-aarch64"),
        ("thor", "linux-aarch64"),
        ("b200", None),
        ("h200", None),
        ("rtx 5090", None),
    ],
)
def test_a_card_that_is_sold_with_arm_processors_only_says_so(text: str, platform: str | None) -> None:
    assert {model.platform for model in find_gpu(text, models()).models} == {platform}


def test_v100_is_any_board_of_it_and_of_one_capability() -> None:
    found = find_gpu("v100", models()).models
    assert len(found) == 8
    assert {str(model.capability) for model in found} == {"7.0"}


@pytest.mark.parametrize("model", [model for model in models() if not model.name.startswith("GRID")][::7], ids=str)
def test_a_driver_s_own_name_of_a_gpu_means_that_gpu(model: GpuModel) -> None:
    assert {found.name.casefold() for found in find_gpu(model.name, models()).models} == {model.name.casefold()}


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("rtx 5091", "NVIDIA GeForce RTX 5090"),
        ("gtx 1080 tii", "NVIDIA GeForce GTX 1080 Ti"),
        ("titan", "NVIDIA TITAN V"),
    ],
)
def test_an_unknown_name_is_a_usage_error_with_near_names(text: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_gpu(text, models())
    assert (caught.value.code, caught.value.context["name"]) == ("unknown-gpu", text)
    assert near in (caught.value.context["near"] or ())  # type: ignore[operator]


@pytest.mark.parametrize(
    "text", ["", "nvidia", "rtx", "geforce gpu", "24GB", "sxm4", "blackwell", "radeon rx 7900", "显卡"]
)
def test_words_that_name_no_product_are_unknown(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_gpu(text, models())
    assert caught.value.code == "unknown-gpu"


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_text_ends_in_anything_but_models_or_the_usage_error(text: str) -> None:
    found: tuple[GpuModel, ...] | str
    try:
        found = find_gpu(text, models()).models
    except UsageError as error:
        found = error.code
    assert found == "unknown-gpu" or isinstance(found[0], GpuModel)


def test_no_name_is_passed_over_unread_that_could_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that share no word with what is asked for are not taken apart: that must not change an answer."""
    asked = [model.name for model in models()] + ["a100", "rtx pro 6000", "4090 notebook"]
    quick = [find_gpu(name, models()) for name in asked]
    monkeypatch.setattr(gpu_names, "_has_words", lambda _model, _wanted: True)
    assert [find_gpu(name, models()) for name in asked] == quick
