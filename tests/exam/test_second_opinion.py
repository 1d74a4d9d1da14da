"""Brute force over every build, with rules of its own, gives the very answer of the search: version, tag, source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from exam.second_opinion import Answer, Cell, answer
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.resolve.resolver import resolve
from support.machines import matrix, request_for, tables, target

if TYPE_CHECKING:
    from gpuenv.models.platform import PlatformName

CAPABILITIES: Final = tuple(str(row.capability) for row in matrix().architectures)
LINUX: Final = (
    *("440.33.01", "450.80.02", "470.82.01", "495.29.05", "515.65.01", "520.61.05", "525.60.11", "525.60.13"),
    *("535.54.03", "545.23.08", "550.54.14", "560.35.03", "570.26", "575.57.08", "580.65.06", "590.48.01", "595.71.05"),
)
WINDOWS: Final = (
    *("441.66", "452.39", "472.50", "511.65", "522.06", "526.47", "527.41", "546.12", "551.61", "560.94", "572.16"),
    *("576.80", "581.15", "591.44", "596.21"),
)
PYTHONS: Final = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "3.13t", "3.14t", "3.15t")
ASKED: Final = (
    *(("torch",), ("torch", "torchvision"), ("torch", "torchvision", "torchaudio"), ("torch", "torchvision==0.24.*")),
    *(("torch>=2.6,<2.10",), ("torch==2.9.*",), ("torch<2.7",), ("torch!=2.15.0",), ("torch>=2.12",), ("torch==2.6",)),
    *(("torch", "onnxruntime-gpu"), ("torch", "onnxruntime-gpu<1.24"), ("torch", "torchvision", "onnxruntime-gpu")),
    *(("xformers",), ("xformers==0.0.32.post1",), ("xformers<0.0.32", "torchvision"), ("torch>2.8", "xformers<0.0.34")),
    *(("vllm", "torchvision"), ("vllm<0.20", "torchvision", "torchaudio"), ("flash-attn",)),
    *(("torch<2.9", "flash-attn"), ("torch-scatter", "torch-cluster"), ("mmcv", "onnxruntime-gpu")),
    *(("vllm", "torchvision", "torchaudio"), ("mmcv", "xformers"), ("torch>=2.14", "mmcv"), ("bitsandbytes",)),
    *(("nvdiffrast",), ("torchcodec<0.11",), ("torchcodec", "vllm"), ("triton==3.4.0",), ("triton-windows",)),
    *(("onnxruntime-gpu",), ("onnxruntime-gpu<1.18",), ("onnxruntime-gpu==1.23.0",), ("onnxruntime-gpu>=1.27",)),
)

gpu_lists = st.lists(st.sampled_from(CAPABILITIES), min_size=1, max_size=3, unique=True)
machines = st.one_of(
    st.tuples(st.sampled_from(("linux-x86_64", "linux-aarch64")), st.sampled_from(LINUX)),
    st.tuples(st.just("windows-x86_64"), st.sampled_from(WINDOWS)),
)


def both(
    gpus: list[str], platform: PlatformName, driver: str, python: str, policy: str, asked: tuple[str, ...]
) -> tuple[Answer | None, Answer | None]:
    """Ask the resolver and the second opinion."""
    machine = target(*gpus, driver=driver, platform=platform, python=python)
    question = request_for(machine, *asked, policy=IndexPolicy(policy))
    known = {row.package for row in matrix().extensions}
    extensions = [found for found in map(Requirement, asked) if found.name in known]
    cell = Cell(
        gpus=tuple(int(text.replace(".", "")) for text in gpus),
        driver=tuple(map(int, driver.split("."))),
        platform=platform,
        python=python,
        policy=policy,
        asked=tuple((found.name, str(found.specifier)) for found in question.requirements),
        extensions=tuple((found.name, str(found.specifier)) for found in extensions),
    )
    outcome = resolve(question, machine, matrix(), tables=tables())
    return as_answer(outcome), answer(cell)


def as_answer(outcome: Resolution | Conflict) -> Answer | None:
    if isinstance(outcome, Conflict):
        return None
    assert outcome.driver_fit is not None
    return Answer(
        torch=outcome.torch.build.label if outcome.torch is not None else None,
        others=tuple((pin.project, pin.version.public) for pin in outcome.pins if pin.project != "torch"),
        fit=outcome.driver_fit.value,
        source=outcome.torch.source.kind.value if outcome.torch is not None else "pypi",
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    gpu_lists,
    machines,
    st.sampled_from(PYTHONS),
    st.sampled_from(("auto", "pytorch", "pypi")),
    st.sampled_from(ASKED),
)
def test_every_random_cell_gets_the_answer_that_brute_force_finds(
    gpus: list[str], machine: tuple[PlatformName, str], python: str, policy: str, asked: tuple[str, ...]
) -> None:
    found, expected = both(gpus, *machine, python, policy, asked)
    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_cell_of_one_gpu_gets_the_answer_that_brute_force_finds(capability: str, asked: tuple[str, ...]) -> None:
    platforms: tuple[tuple[PlatformName, tuple[str, ...]], ...] = (
        ("linux-x86_64", LINUX),
        ("linux-aarch64", LINUX),
        ("windows-x86_64", WINDOWS),
    )
    for platform, drivers in platforms:
        for driver in drivers:
            for python in ("3.9", "3.12", "3.14t"):
                found, expected = both([capability], platform, driver, python, "auto", asked)
                assert found == expected, (platform, driver, python)


@pytest.mark.parametrize(
    ("gpus", "driver", "asked", "expected"),
    [
        (["12.0"], "580.65.06", ("torch",), Answer(torch="2.15.0+cu130", others=(), fit="direct", source="pytorch")),
        (["6.1"], "580.65.06", ("torch",), Answer(torch="2.14.1+cu126", others=(), fit="direct", source="pytorch")),
        (
            ["12.0"],
            "575.57.08",
            ("onnxruntime-gpu",),
            Answer(torch=None, others=(("onnxruntime-gpu", "1.26.0"),), fit="direct", source="pypi"),
        ),
    ],
)
def test_the_second_opinion_knows_what_everybody_knows(
    gpus: list[str], driver: str, asked: tuple[str, ...], expected: Answer
) -> None:
    found, second = both(gpus, "linux-x86_64", driver, "3.12", "auto", asked)
    assert found == second == expected


def test_the_second_opinion_can_say_no() -> None:
    assert both(["6.1", "12.0"], "linux-x86_64", "580.65.06", "3.12", "auto", ("torch",)) == (None, None)
