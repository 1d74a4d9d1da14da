"""Rule 9: an extension that is installed was built for one torch, and holds it as far as anything else serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.models.resolution import Resolution
from gpuenv.resolve.installed_extensions import installed_pairings
from gpuenv.resolve.resolver import resolve
from resolve.test_installed import installed
from support.machines import matrix, request, request_for, tables, target

if TYPE_CHECKING:
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target

RTX_4090 = target("8.9", driver="580.95.05")
RTX_5090 = target("12.0", driver="580.95.05")


@pytest.mark.parametrize(
    ("distributions", "pairs"),
    [
        (("torch==2.8.0+cu128", "flash-attn==2.8.3+cu12torch2.8cxx11abitrue"), [("==2.8.*", ("cu12",))]),
        (("torch==2.8.0+cu128", "torch-scatter==2.1.2+pt28cu128"), [("==2.8.*", ("cu128",))]),
        (("torch==2.9.1+cu128", "xformers==0.0.33.post2"), [("==2.9.1", ("cu12",))]),
        (("torch==2.10.0+cu128", "xformers==0.0.35"), [(">=2.10", ("cu12",))]),
        (("torch==2.9.1+cu130", "flash-attn==2.8.3"), [("==2.9.*", ("cu13",))]),
        (("torch==2.9.1+cu130", "diff-gaussian-rasterization==0.0.0"), [("==2.9.*", ("cu13",))]),
        (("torch==2.9.1+cu130", "bitsandbytes==0.50.2", "numpy==2.0"), []),
        (("xformers==0.0.35",), []),
    ],
)
def test_an_installed_extension_names_its_torch_by_label_release_or_neighbour(
    distributions: tuple[str, ...], pairs: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = installed_pairings(request(), installed(*distributions), matrix())
    assert [(str(one.releases[0].torch), one.releases[0].tags) for one in found] == pairs


def chosen(asked: Request, *distributions: str, machine: Target = RTX_4090) -> tuple[str, list[str]]:
    outcome = resolve(asked, machine, matrix(), environment=installed(*distributions), tables=tables())
    assert isinstance(outcome, Resolution)
    assert outcome.torch is not None
    return outcome.torch.build.label, [note.code for note in outcome.notes if note.code.startswith("installed-")]


def test_an_upgrade_stays_with_the_torch_that_an_installed_extension_was_built_for() -> None:
    held = ("torch==2.8.0+cu126", "flash-attn==2.8.3+cu12torch2.8cxx11abitrue")
    assert chosen(request(upgrade=True), *held) == ("2.8.0+cu128", [])
    assert chosen(request(upgrade=True), "torch==2.8.0+cu126") == ("2.15.0+cu130", [])


def test_an_upgrade_stays_with_the_cuda_that_an_installed_extension_was_built_for() -> None:
    assert chosen(request(upgrade=True), "torch==2.10.0+cu128", "xformers==0.0.35") == ("2.14.1+cu126", [])


def test_what_is_asked_for_wins_and_what_breaks_is_named() -> None:
    there = installed("torch==2.8.0+cu128", "torch-scatter==2.1.2+pt28cu128")
    outcome = resolve(request("torch==2.15.0"), RTX_4090, matrix(), environment=there, tables=tables())
    assert isinstance(outcome, Resolution)
    (broken,) = (note for note in outcome.notes if note.code == "installed-requirements-broken")
    assert broken.context == {"requirements": ("torch-scatter==2.1.2+pt28cu128",)}
    assert outcome.pins[0].requirement == "torch==2.15.0+cu130"


def test_a_gpu_that_the_installed_torch_does_not_serve_gets_another_and_is_told_what_breaks() -> None:
    there = ("torch==2.4.1+cu121", "mmcv==2.2.0")
    assert chosen(request(), *there, machine=RTX_5090) == ("2.15.0+cu130", ["installed-requirements-broken"])


def test_an_extension_that_is_asked_for_again_may_change_with_torch() -> None:
    asked = request_for(RTX_4090, "torch==2.10.0", "xformers")
    assert chosen(asked, "torch==2.8.0+cu128", "xformers==0.0.32.post2") == ("2.10.0+cu128", [])


def test_an_installed_torch_that_an_extension_goes_with_is_kept() -> None:
    asked = request_for(RTX_4090, "xformers")
    assert chosen(asked, "torch==2.8.0+cu128") == ("2.8.0+cu128", [])
    assert chosen(request_for(RTX_4090, "flash-attn"), "torch==2.15.0+cu130") == ("2.15.0+cu130", [])
    assert chosen(request_for(RTX_4090, "xformers==0.0.32.post1"), "torch==2.15.0+cu130") == ("2.8.0+cu128", [])
