"""The resolver over the packaged matrix: machines with their right answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict, DriverFit, Resolution
from gpuenv.resolve.resolver import resolve
from support.machines import gpu, matrix, request, target

if TYPE_CHECKING:
    from gpuenv.models.target import Target

NEW = "580.95.05"


def chosen(outcome: Resolution | Conflict) -> str:
    """Name the build of a resolution, or the code of a conflict."""
    if isinstance(outcome, Conflict):
        return outcome.reason.code
    assert outcome.torch is not None
    return outcome.torch.build.label


@pytest.mark.parametrize(
    ("machine", "policy", "answer", "fit"),
    [
        # Rule 9: 2.15.0+cu130 fits CUDA 13.0 drivers directly; PyPI's cu132 would be a minor fit.
        pytest.param(target("12.0", driver=NEW), IndexPolicy.AUTO, "2.15.0+cu130", DriverFit.DIRECT, id="5070ti"),
        pytest.param(target("12.0", driver=NEW), IndexPolicy.PYPI, "2.15.0+cu132", DriverFit.MINOR, id="5070ti-pypi"),
        # cu126 ended with 2.14.1: the last with cubins for 6.1 (pytorch/pytorch issue 190385).
        pytest.param(target("6.1", driver=NEW), IndexPolicy.AUTO, "2.14.1+cu126", DriverFit.DIRECT, id="1080ti"),
        pytest.param(target("6.1", driver=NEW), IndexPolicy.PYPI, "2.7.1+cu126", DriverFit.DIRECT, id="1080ti-pypi"),
        # cu130 needs driver 580; cu128 ended with 2.11.0; 2.13.0+cu129 is a side channel.
        pytest.param(
            target("12.0", driver="570.124.06"), IndexPolicy.AUTO, "2.11.0+cu128", DriverFit.DIRECT, id="5090-570"
        ),
        # sm_70 beside sm_120 exists in cu128 of 2.8 to 2.10 only.
        pytest.param(target("7.0", "12.0", driver=NEW), IndexPolicy.AUTO, "2.10.0+cu128", DriverFit.DIRECT, id="mixed"),
        pytest.param(target("7.0", "12.0"), IndexPolicy.AUTO, "2.10.0+cu128", DriverFit.UNKNOWN, id="mixed-no-driver"),
        # R470 speaks CUDA 11.4: only builds of CUDA 11 run, by minor-version compatibility.
        pytest.param(
            target("8.0", driver="470.82.01"), IndexPolicy.AUTO, "2.7.1+cu118", DriverFit.MINOR, id="a100-470"
        ),
        pytest.param(
            target("8.9", driver="550.54.14"), IndexPolicy.AUTO, "2.14.1+cu126", DriverFit.MINOR, id="4090-550"
        ),
        pytest.param(target("7.0", driver=NEW), IndexPolicy.AUTO, "2.14.1+cu126", DriverFit.DIRECT, id="v100"),
        pytest.param(
            target("3.7", driver="470.82.01", python="3.11"), IndexPolicy.AUTO, "2.7.1+cu118", DriverFit.MINOR, id="k80"
        ),
        # Windows builds of 2.7 hold 6.1 and 12.0 side by side, Linux ones do not.
        pytest.param(
            target("6.1", "12.0", driver="581.15", platform="windows-x86_64"),
            IndexPolicy.AUTO,
            "2.8.0+cu128",
            DriverFit.DIRECT,
            id="windows-mixed",
        ),
        pytest.param(
            target("12.1", driver=NEW, platform="linux-aarch64"),
            IndexPolicy.AUTO,
            "2.15.0+cu130",
            DriverFit.DIRECT,
            id="gb10",
        ),
        pytest.param(
            target("11.0", driver=NEW, platform="linux-aarch64"),
            IndexPolicy.AUTO,
            "2.15.0+cu130",
            DriverFit.DIRECT,
            id="thor",
        ),
        pytest.param(
            target("9.0", driver="535.54.03"), IndexPolicy.AUTO, "2.14.1+cu126", DriverFit.MINOR, id="h100-535"
        ),
    ],
)
def test_a_machine_gets_the_newest_build_that_runs_there(
    machine: Target, policy: IndexPolicy, answer: str, fit: DriverFit
) -> None:
    outcome = resolve(request(policy=policy), machine, matrix())
    assert chosen(outcome) == answer
    assert isinstance(outcome, Resolution)
    assert outcome.driver_fit is fit
    assert all(served.kind == "sass" for served in outcome.coverage)


@pytest.mark.parametrize(
    ("machine", "policy", "code"),
    [
        pytest.param(
            target("6.1", "12.0", driver=NEW), IndexPolicy.AUTO, "no-build-for-all-gpus", id="pascal-blackwell"
        ),
        pytest.param(target("12.0", driver="550.54.14"), IndexPolicy.AUTO, "driver-too-old-for-gpu", id="5090-550"),
        pytest.param(target("6.1", driver="590.48.01"), IndexPolicy.AUTO, "driver-dropped-gpu", id="1080ti-590"),
        pytest.param(
            target("12.0", driver="581.15", platform="windows-x86_64"),
            IndexPolicy.PYPI,
            "no-gpu-build-on-index",
            id="win-pypi",
        ),
        pytest.param(target("3.0", driver="470.82.01"), IndexPolicy.AUTO, "no-build-for-gpu", id="k10"),
        pytest.param(target("8.6", driver="418.67"), IndexPolicy.AUTO, "driver-too-old-for-every-build", id="3090-418"),
        pytest.param(
            target("6.1", driver=NEW, python="3.14"), IndexPolicy.PYPI, "no-build-for-python", id="1080ti-pypi-314"
        ),
    ],
)
def test_a_machine_that_nothing_serves_gets_a_coded_conflict_with_a_way_out(
    machine: Target, policy: IndexPolicy, code: str
) -> None:
    outcome = resolve(request(policy=policy), machine, matrix())
    assert isinstance(outcome, Conflict)
    assert outcome.reason.code == code
    assert outcome.causes


def test_the_conflict_of_two_gpus_names_both_subsets_and_what_each_would_get() -> None:
    outcome = resolve(request(), target("6.1", "12.0", driver=NEW), matrix())
    assert isinstance(outcome, Conflict)
    assert [(tuple(g.name for g in subset.gpus), subset.would_give) for subset in outcome.subsets] == [
        (("sm_61",), "2.14.1+cu126"),
        (("sm_120",), "2.15.0+cu130"),
    ]


def test_the_answer_for_an_older_driver_says_which_driver_gives_the_newest() -> None:
    outcome = resolve(request(), target("12.0", driver="570.124.06"), matrix())
    assert isinstance(outcome, Resolution)
    notes = {note.code: note.context for note in outcome.notes}
    assert notes["newer-with-driver"]["needs"] == "580.65.06"
    assert notes["newer-with-driver"]["build"] == "2.15.0+cu130"
    rejected = {found.candidate.build.label: found.reason for found in outcome.rejected}
    assert rejected["2.15.0+cu130"].code == "driver-too-old"
    assert rejected["2.15.0+cu130"].context["needs"] == "580.65.06"


def test_a_card_that_was_left_behind_is_told_which_release_dropped_it() -> None:
    outcome = resolve(request(), target("6.1", driver=NEW), matrix())
    assert isinstance(outcome, Resolution)
    notes = {note.code: note.context for note in outcome.notes}
    assert notes["last-release-for-gpu"]["last"] == "2.14.1"
    assert notes["last-release-for-gpu"]["dropped_in"] == "2.15.0"


@pytest.mark.parametrize(
    ("requirement", "answer"),
    [
        ("torch<2.10", "2.9.1+cu128"),
        ("torch==2.9.*", "2.9.1+cu128"),
        ("torch==2.9.1+cu128", "2.9.1+cu128"),
        ("torch==2.8.0", "2.8.0+cu128"),
        ("torch<2.7", "requirements-exclude-every-build"),
    ],
)
def test_the_requirement_limits_the_choice(requirement: str, answer: str) -> None:
    assert chosen(resolve(request(requirement), target("12.0", driver=NEW), matrix())) == answer


def test_companions_are_the_release_that_pairs() -> None:
    outcome = resolve(request("torch==2.10.*", "torchvision", "torchaudio"), target("8.6", driver=NEW), matrix())
    assert isinstance(outcome, Resolution)
    assert [(pin.project, pin.version.public) for pin in outcome.pins] == [
        ("torch", "2.10.0"),
        ("torchvision", "0.25.0"),
        ("torchaudio", "2.10.0"),
    ]
    assert len({(pin.tag, pin.source) for pin in outcome.pins}) == 1


def test_a_required_companion_limits_torch() -> None:
    outcome = resolve(request("torch", "torchaudio"), target("12.0", driver=NEW), matrix())
    assert chosen(outcome) == "2.11.0+cu130"


def test_a_cpu_target_never_gets_a_cuda_build_while_there_is_a_cpu_build() -> None:
    outcome = resolve(request(), target(), matrix())
    assert chosen(outcome) == "2.15.0+cpu"


def test_onnxruntime_follows_the_cuda_major_of_torch() -> None:
    outcome = resolve(request("torch", "onnxruntime-gpu"), target("8.6", driver="570.124.06"), matrix())
    assert isinstance(outcome, Resolution)
    runtime = outcome.pin("onnxruntime-gpu")
    assert runtime is not None
    assert runtime.tag == "cu128"
    assert outcome.torch is not None
    assert outcome.torch.build.cuda is not None
    assert outcome.torch.build.cuda.major == 12


def test_onnxruntime_alone_brings_its_libraries_by_extras() -> None:
    outcome = resolve(request("onnxruntime-gpu"), target("8.6", driver=NEW), matrix())
    assert isinstance(outcome, Resolution)
    assert outcome.torch is None
    (pin,) = outcome.pins
    assert pin.extras == ("cuda", "cudnn")
    assert pin.tag is not None
    assert pin.tag.startswith("cu13")


def test_a_name_of_two_chips_gets_a_build_that_serves_both() -> None:
    two = replace(gpu("7.0"), name="Quadro", capabilities=(*gpu("6.1").capabilities, *gpu("7.0").capabilities))
    machine = replace(target("7.0", driver=NEW), gpus=(two,))
    assert chosen(resolve(request(), machine, matrix())) == "2.14.1+cu126"
    apart = replace(two, capabilities=(*gpu("6.1").capabilities, *gpu("12.0").capabilities))
    outcome = resolve(request(), replace(machine, gpus=(apart,)), matrix())
    assert chosen(outcome) == "no-build-for-gpu"


def test_onnxruntime_keeps_the_cpu_package_out_and_brings_libraries_where_no_extra_does() -> None:
    machine = target("8.6", driver=NEW)
    plain = resolve(request("onnxruntime-gpu"), machine, matrix())
    fixed = resolve(request("onnxruntime-gpu==1.27.0"), machine, matrix())
    assert isinstance(plain, Resolution)
    assert isinstance(fixed, Resolution)
    assert plain.excluded == fixed.excluded == ("onnxruntime",)
    assert plain.libraries == ()
    assert fixed.pins[0].extras == ()
    assert "nvidia-cudnn-cu13~=9.0" in fixed.libraries


def test_beside_a_torch_that_brings_no_curand_it_is_asked_for() -> None:
    machine = target("8.6", driver=NEW)
    newest = resolve(request("torch", "onnxruntime-gpu==1.27.0"), machine, matrix())
    before = resolve(request("torch<2.15", "onnxruntime-gpu==1.27.0"), machine, matrix())
    assert isinstance(newest, Resolution)
    assert isinstance(before, Resolution)
    assert (newest.libraries, before.libraries) == (("nvidia-curand~=10.0",), ())
