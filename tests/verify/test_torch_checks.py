from __future__ import annotations

import importlib.util
import itertools
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion
from gpuenv.rules.coverage import best_ptx, best_sass
from gpuenv.verify.session import PAYLOADS
from support.torch_environment import python_of, torch_environment  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

CAPABILITIES = [
    (3, 7), (5, 0), (5, 2), (5, 3), (6, 0), (6, 1), (6, 2), (7, 0), (7, 2), (7, 5), (8, 0), (8, 6), (8, 7), (8, 9),
    (9, 0), (10, 0), (10, 1), (10, 3), (11, 0), (12, 0), (12, 1),
]  # fmt: skip
NAMES = [
    f"{kind}_{major}{minor}{suffix}"
    for kind, (major, minor), suffix in itertools.product(("sm", "compute"), CAPABILITIES, ("", "a", "f"))
]


def load_payload() -> Any:  # noqa: ANN401 - a module
    spec = importlib.util.spec_from_file_location("torch_checks", PAYLOADS / "torch_checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


served_by = load_payload().served_by


Pair = tuple[int, int]


def by_the_rules(listed: list[str], capability: Pair, cuda: Pair, driver: Pair | None) -> bool:
    """Judge with `gpuenv.rules`: the payload carries rules 1 to 3 in its own lines, since it runs without gpuenv."""
    gpu = ComputeCapability(major=capability[0], minor=capability[1])
    sass = [Architecture.parse(name) for name in listed if name.startswith("sm_")]
    ptx = [Architecture.parse(name) for name in listed if name.startswith("compute_")]
    if best_sass(sass, gpu, build_cuda=CudaVersion(major=cuda[0], minor=cuda[1])) is not None:
        return True
    return (driver is None or driver >= cuda) and best_ptx(sass, ptx, gpu) is not None


@pytest.mark.parametrize("cuda", [(12, 8), (13, 2)])
def test_the_payload_judges_every_single_architecture_as_the_rules_do(cuda: Pair) -> None:
    differing = [
        (name, capability)
        for name, capability in itertools.product(NAMES, CAPABILITIES)
        if (served_by([name], capability, cuda, None) is not None) != by_the_rules([name], capability, cuda, None)
    ]
    assert differing == []


@given(
    listed=st.lists(st.sampled_from(NAMES), unique=True, max_size=8),
    capability=st.sampled_from(CAPABILITIES),
    cuda=st.sampled_from([(11, 8), (12, 8), (13, 0), (13, 2)]),
    driver=st.sampled_from([None, (12, 4), (13, 0), (13, 2)]),
)
def test_the_payload_judges_sets_of_architectures_as_the_rules_do(
    listed: list[str], capability: Pair, cuda: Pair, driver: Pair | None
) -> None:
    assert (served_by(listed, capability, cuda, driver) is not None) == by_the_rules(listed, capability, cuda, driver)


@pytest.mark.parametrize(
    ("listed", "capability", "code"),
    [
        (["sm_75", "sm_80", "sm_86", "sm_90", "sm_120"], (8, 9), "sm_86"),
        (["sm_75", "sm_80", "sm_90"], (6, 1), None),
        (["sm_90", "sm_120", "compute_120"], (12, 1), "sm_120"),
        (["sm_80", "sm_90", "compute_90"], (12, 0), "compute_90"),
        (["sm_37", "sm_80", "sm_90", "compute_37"], (12, 0), None),  # Windows builds of CUDA 11.8
    ],
)
def test_the_nearest_code_is_named(listed: list[str], capability: tuple[int, int], code: str | None) -> None:
    assert served_by(listed, capability, (12, 8), (13, 0)) == code


def test_one_seed_gives_the_same_inputs(torch_environment: Path) -> None:  # noqa: F811
    """Also when a check is run alone, in a fresh process after another one crashed."""
    command = [
        *(str(python_of(torch_environment)), "-I", str(PAYLOADS / "harness.py"), "--mode", "cpu", "--seed", "11"),
        *("--checks", str(PAYLOADS / "torch_checks.py"), "--results", "fd:1"),
    ]
    whole = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    alone = subprocess.run(
        [*command, *(part for name in ("torch-elementwise", "torch-reduction") for part in ("--skip", name))],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    def softmax(text: str) -> str:
        events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return str(
            next(event["detail"] for event in events if event.get("check") == "torch-softmax" and "detail" in event)
        )

    assert softmax(whole) == softmax(alone)
    assert "torch-reduction" not in {
        json.loads(line).get("check") for line in alone.splitlines() if line.startswith("{")
    }
