"""Each change that a conflict offers, applied, removes it, and gives the build that was promised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.rows import ROWS
from gpuenv.models.cuda import Architecture
from gpuenv.models.hardware import MigInstance
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict
from gpuenv.report.messages import phrase
from gpuenv.resolve.resolver import resolve
from resolve.applied_changes import apply
from resolve.machine_strategies import few, machines, policies
from resolve.test_installed import installed
from support.machines import gpu, matrix, request, tables, target

if TYPE_CHECKING:
    from exam.rows import Row
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target
    from gpuenv.report.messages import Language

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
ONLY_ONE_STEP = frozenset({"install-driver-branch", "install-jetpack", "change-platform", "use-cpu"})
"""Changes of the machine itself: what else is asked for may then stand in the way."""
PROMISES = frozenset(
    {
        *("change-requirement", "change-python", "change-indexes", "select-gpus", "leave-onnxruntime-out"),
        *("change-extension", "leave-extension-out", "change-requirement-nearest"),
    }
)

requests = st.sampled_from(
    (
        ("torch",),
        ("torch>=2.8",),
        ("torch<2.7",),
        ("torch==2.10.*", "torchvision"),
        ("torch", "torchaudio==2.9.*"),
        ("torch", "onnxruntime-gpu"),
        ("torch", "onnxruntime-gpu<1.24"),
        ("onnxruntime-gpu",),
        ("onnxruntime-gpu>=1.27",),
        ("torch==2.10.0.dev20251210+cu128",),
    )
)


def test_a_build_that_the_driver_cannot_load_is_answered_with_another_of_its_version() -> None:
    asked = request("torch==2.10.0+cu130", "onnxruntime-gpu")
    outcome = resolve(asked, target("8.9", driver="535.183.01"), matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    assert [(cause.change.context.get("instead"), cause.would_give) for cause in outcome.causes] == [
        ("torch==2.10.0 onnxruntime-gpu", "2.10.0+cu128"),
        (None, "2.10.0+cu130"),
    ]


@pytest.mark.parametrize(
    ("asked", "capability", "python", "given"),
    [
        # A new card and an old pin: 2.7 is the first release with code for 12.0.
        ("torch==2.3.*", "12.0", "3.11", [("torch==2.15.0", "2.15.0+cu132"), ("torch==2.7.1", "2.7.1+cu128")]),
        ("torch<2.7", "12.0", "3.11", [("torch==2.15.0", "2.15.0+cu132"), ("torch==2.7.1", "2.7.1+cu128")]),
        # An old card and a new pin: the newest that serves is the nearest one, and is named once.
        ("torch==2.15.*", "6.1", "3.11", [("torch==2.14.1", "2.14.1+cu126")]),
        # A release that never was.
        ("torch==2.0.7", "12.0", "3.11", [("torch==2.15.0", "2.15.0+cu132"), ("torch==2.7.1", "2.7.1+cu128")]),
    ],
)
def test_the_release_nearest_to_what_was_asked_for_is_named_too(
    asked: str, capability: str, python: str, given: list[tuple[str, str]]
) -> None:
    outcome = resolve(request(asked), target(capability, python=python), matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    assert [(cause.change.context.get("instead"), cause.would_give) for cause in outcome.causes] == given


def assert_every_change_removes_it(asked: Request, machine: Target) -> None:
    outcome = resolve(asked, machine, matrix(), tables=tables())
    if not isinstance(outcome, Conflict):
        return
    assert outcome.causes
    for cause in outcome.causes:
        after = resolve(*apply(cause.change, asked, machine), matrix(), tables=tables())
        if isinstance(after, Conflict):
            assert cause.change.code in ONLY_ONE_STEP, (cause, after.reason)
            assert after.reason.code != outcome.reason.code
        elif cause.change.code in PROMISES and after.torch is not None:
            assert after.torch.build.label == cause.would_give


@few
@given(machines, policies, requests)
def test_every_change_that_a_conflict_offers_removes_it(
    machine: Target, policy: IndexPolicy, asked: tuple[str, ...]
) -> None:
    assert_every_change_removes_it(request(*asked, policy=policy), machine)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS if "conflict" in row.answer])
def test_every_change_offered_in_the_examination_removes_the_conflict(row: Row) -> None:
    assert_every_change_removes_it(row.asked, row.machine)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS if "conflict" in row.answer])
def test_every_conflict_is_told_in_both_languages_with_a_way_out(row: Row) -> None:
    outcome = resolve(row.asked, row.machine, matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    for language in LANGUAGES:
        said = [
            phrase(notice.code, notice.context, language)
            for notice in (outcome.reason, *(cause.change for cause in outcome.causes))
        ]
        assert all(sentence.message and "{" not in sentence.message for sentence in said)
        assert all("None" not in sentence.message for sentence in said)
        told = [phrase(found.reason.code, found.reason.context, language).message for found in outcome.rejected]
        assert all(text and "{" not in text for text in told)
        on_windows = row.machine.platform.driver_system == "windows"
        assert on_windows or any(sentence.hints for sentence in said)


def test_gpus_of_this_machine_are_selected_by_what_names_them() -> None:
    here = replace(
        target("6.1", driver="580.95.05", origin="detected"),
        gpus=(gpu("6.1", index=0, uuid="GPU-a"), gpu("12.0", index=1)),
    )
    outcome = resolve(request(), here, matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    assert [cause.change.context["visible"] for cause in outcome.causes] == ["GPU-a", "1"]


def offered(outcome: object) -> tuple[str, list[str]]:
    assert isinstance(outcome, Conflict)
    return outcome.reason.code, [cause.change.code for cause in outcome.causes]


def hints(outcome: object) -> list[str]:
    assert isinstance(outcome, Conflict)
    return [hint for cause in outcome.causes for hint in phrase(cause.change.code, cause.change.context, "en").hints]


def test_an_index_that_could_not_be_reached_is_the_way_out_where_the_others_have_nothing() -> None:
    machine = target("8.6", driver="581.15", platform="windows-x86_64")
    left = replace(request(), sources=request(policy=IndexPolicy.PYPI).sources)
    outcome = resolve(left, machine, matrix(), tables=tables())
    assert offered(outcome) == ("no-gpu-build-on-index", ["reach-index"])
    assert hints(outcome)[0].endswith("--indexes pytorch")


def test_a_folder_without_builds_is_told_of_for_a_cpu_too() -> None:
    folder = Source(kind=SourceKind.FIND_LINKS, location="/wheels")
    asked = replace(request(), policy=IndexPolicy.LOCATION, sources=(folder,))
    outcome = resolve(asked, target(), matrix(), tables=tables())
    assert offered(outcome) == ("no-build-on-index", ["change-indexes"])
    assert hints(outcome) == ["gpuenv plan torch --target cpu --platform linux-x86_64 --python 3.12 --indexes auto"]


def test_a_platform_without_any_build_is_told_of() -> None:
    nothing = replace(matrix(), torch=tuple(build for build in matrix().torch if build.platform != "macos-arm64"))
    outcome = resolve(request(), target(platform="macos-arm64"), nothing)
    assert offered(outcome) == ("no-build-for-platform", [])


def test_a_nightly_channel_that_serves_a_new_gpu_is_offered() -> None:
    code = frozenset({Architecture.parse("130")})
    channel = replace(next(one for one in matrix().nightly if one.tag == "nightly/cu134"), sass=code)
    only_new = tuple(build for build in matrix().torch if not build.ptx)
    outcome = resolve(
        request(), target("13.0", driver="595.71.05"), replace(matrix(), nightly=(channel,), torch=only_new)
    )
    assert offered(outcome) == ("no-build-for-gpu", ["use-nightly", "use-cpu"])
    assert hints(outcome)[0].endswith("--channel nightly")


def test_a_linux_without_glibc_takes_no_wheels_at_all() -> None:
    machine = target("8.6", driver="580.95.05", origin="detected")
    machine = replace(machine, platform=replace(machine.platform, glibc=None))
    assert offered(resolve(request(), machine, matrix(), tables=tables())) == ("no-wheels-for-musl", ["change-system"])


def test_on_this_machine_another_python_takes_another_environment() -> None:
    machine = target("12.0", driver="580.95.05", python="3.8", origin="detected")
    there = replace(installed("numpy==1.24.0"), python_version=machine.python)
    outcome = resolve(request(), machine, matrix(), environment=there, tables=tables())
    assert hints(outcome) == ["gpuenv install torch --python 3.11 --venv env-3.11"]


def test_the_parts_of_a_divided_gpu_are_named_by_their_own_uuids() -> None:
    part = MigInstance(name="NVIDIA A100 MIG 1g.5gb", uuid="MIG-1", memory_bytes=None)
    divided = replace(gpu("8.0", index=0, uuid="GPU-a"), is_mig=True, mig_instances=(part,))
    here = target("6.1", driver="580.95.05", origin="detected")
    both = replace(here, gpus=(divided, gpu("6.1", index=1, uuid="GPU-b"), gpu("12.0", index=2, uuid="GPU-c")))
    conflict = resolve(request(), both, matrix(), tables=tables())
    assert isinstance(conflict, Conflict)
    assert [subset.select for subset in conflict.subsets] == [
        "CUDA_VISIBLE_DEVICES=MIG-1,GPU-b",
        "CUDA_VISIBLE_DEVICES=MIG-1,GPU-c",
    ]
