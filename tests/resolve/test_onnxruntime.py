"""ONNX Runtime's sharp edges: CUDA majors, suffixed code, PTX, cuDNN, drivers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.hardware import MsvcRuntime
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.resolve.resolver import resolve
from support.machines import matrix, request, target

if TYPE_CHECKING:
    from gpuenv.models.target import Target

NEW = "580.95.05"


def runtime(outcome: Resolution | Conflict) -> str:
    if isinstance(outcome, Conflict):
        return outcome.reason.code
    pin = outcome.pin("onnxruntime-gpu")
    assert pin is not None
    return f"{pin.version} {pin.tag}"


@pytest.mark.parametrize(
    ("machine", "answer"),
    [
        # CUDA 12.9 drivers cannot load the CUDA 13 builds of 1.27 and newer.
        pytest.param(target("12.0", driver="575.57.08"), "1.26.0 cu128", id="5070ti-575"),
        # 1.29+ on Linux has neither sm_100 nor PTX: 1.28.0 is the last with 100a.
        pytest.param(target("10.0", driver=NEW), "1.28.0 cu130", id="b200"),
        pytest.param(target("6.1", driver=NEW), "1.26.0 cu128", id="1080ti"),
        pytest.param(target("8.6", driver="525.60.13"), "1.26.0 cu128", id="3090-525"),
    ],
)
def test_the_newest_build_that_runs_there(machine: Target, answer: str) -> None:
    assert runtime(resolve(request("onnxruntime-gpu"), machine, matrix())) == answer


def test_1_23_0_does_not_run_on_blackwell_since_its_only_ptx_is_of_sm_90a() -> None:
    outcome = resolve(request("onnxruntime-gpu==1.23.0"), target("12.0", driver=NEW), matrix())
    assert runtime(outcome) == "no-onnxruntime-build"
    assert isinstance(outcome, Conflict)
    assert [cause.change.code for cause in outcome.causes] == ["change-onnxruntime"]


def test_a_pascal_card_keeps_the_engine_from_the_cudnn_that_dropped_it() -> None:
    outcome = resolve(request("onnxruntime-gpu"), target("6.1", driver=NEW), matrix())
    assert isinstance(outcome, Resolution)
    assert outcome.constraints == ("nvidia-cudnn-cu12<9.11",)


def test_torch_and_onnxruntime_agree_on_the_cuda_major() -> None:
    outcome = resolve(request("torch", "onnxruntime-gpu"), target("6.1", driver=NEW), matrix())
    assert runtime(outcome) == "1.26.0 cu128"
    assert isinstance(outcome, Resolution)
    assert outcome.torch is not None
    assert outcome.torch.build.label == "2.14.1+cu126"
    assert outcome.pins[-1].extras == ()


def test_a_driver_too_old_for_every_build_is_told_which_would_do() -> None:
    outcome = resolve(request("onnxruntime-gpu>=1.27"), target("8.6", driver="570.124.06"), matrix())
    assert isinstance(outcome, Conflict)
    causes = {cause.change.code: cause.change.context for cause in outcome.causes}
    assert causes["update-driver"]["needs"] == "580.65.06"


def test_the_extra_that_cannot_be_resolved_is_never_asked_for() -> None:
    machine = target("8.6", driver=NEW)
    for asked, requirement in (
        ("onnxruntime-gpu[cuda,cudnn]==1.27.0", "onnxruntime-gpu===1.27.0"),
        ("onnxruntime-gpu==1.28.0", "onnxruntime-gpu[cuda,cudnn]===1.28.0"),
        ("onnxruntime-gpu[cuda]==1.20.2", "onnxruntime-gpu===1.20.2"),
    ):
        outcome = resolve(request(asked), machine, matrix())
        assert isinstance(outcome, Resolution)
        assert outcome.pins[0].requirement == requirement


def test_extras_that_were_asked_for_are_asked_of_the_index() -> None:
    asked = request("torch[opt-einsum]", "torchvision[scipy]", "onnxruntime-gpu[cuda]")
    outcome = resolve(asked, target("8.6", driver=NEW), matrix())
    assert isinstance(outcome, Resolution)
    assert [pin.requirement for pin in outcome.pins] == [
        "torch[opt-einsum]==2.15.0+cu130",
        "torchvision[scipy]==0.29.2+cu130",
        "onnxruntime-gpu[cuda]===1.31.1",
    ]


def test_without_a_usable_extra_the_libraries_are_named_one_by_one() -> None:
    outcome = resolve(request("onnxruntime-gpu==1.27.0"), target("8.6", driver=NEW), matrix())
    assert isinstance(outcome, Resolution)
    assert [text.partition("~")[0] for text in outcome.libraries] == [
        "nvidia-cuda-nvrtc",
        "nvidia-cuda-runtime",
        "nvidia-cufft",
        "nvidia-curand",
        "nvidia-cudnn-cu13",
    ]


def test_several_gpus_that_no_build_serves_together_come_with_the_largest_sets() -> None:
    machine = target("5.0", "6.1", "8.6", driver=NEW)
    outcome = resolve(request("onnxruntime-gpu"), machine, matrix())
    assert isinstance(outcome, Conflict)
    assert [([gpu.name for gpu in subset.gpus], subset.would_give) for subset in outcome.subsets] == [
        (["sm_61", "sm_86"], "onnxruntime-gpu 1.26.0")
    ]
    assert [cause.change.code for cause in outcome.causes] == ["select-gpus", "use-cpu"]


@pytest.mark.parametrize(
    ("runtime", "codes"),
    [
        (None, {"onnxruntime-needs-msvc-runtime"}),
        (MsvcRuntime(version="14.44.35211.0"), set()),
        (MsvcRuntime(version=None), set()),
    ],
    ids=["described", "there", "told-by-detection"],
)
def test_what_windows_needs_beside_it_is_named_unless_the_machine_was_looked_at(
    runtime: MsvcRuntime | None, codes: set[str]
) -> None:
    machine = replace(target("8.6", driver="581.15", platform="windows-x86_64"), msvc_runtime=runtime)
    outcome = resolve(request("torch", "onnxruntime-gpu"), machine, matrix())
    assert isinstance(outcome, Resolution)
    assert {note.code for note in outcome.notes if "msvc" in note.code} == codes
