"""Plans: what goes, what comes, what stays, and that a plan carried out leaves nothing to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.execution import LockedPackage
from gpuenv.models.matrix import Evidence
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Keep, Remove
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.resolution import DriverFit, Pin, Resolution
from gpuenv.resolve.planner import make_plan
from support.machines import PYPI, PYTORCH

if TYPE_CHECKING:
    from gpuenv.models.index import Source


def environment(*distributions: InstalledDistribution) -> Environment:
    return Environment(
        root=Path("env"),
        kind="venv",
        python=Path("env/bin/python"),
        python_version=PythonVersion(major=3, minor=12),
        platform=Platform(name="linux-x86_64"),
        site_packages=Path("env/lib/python3.12/site-packages"),
        distributions=tuple(sorted(distributions, key=lambda found: found.name)),
    )


def installed(
    name: str, version: str, *, build_tag: str | None = None, problems: tuple[str, ...] = ()
) -> InstalledDistribution:
    return InstalledDistribution(
        name=canonicalize_name(name),
        version=Version(version),
        location=Path("env"),
        build_tag=build_tag,
        problems=problems,
    )


def pin(project: str, version: str, tag: str | None, source: Source = PYTORCH) -> Pin:
    return Pin(project=project, version=Version(version), tag=tag, source=source, evidence=Evidence.BINARY)


def resolution(*pins: Pin, kept: tuple[str, ...] = ()) -> Resolution:
    return Resolution(
        torch=None,
        pins=pins,
        coverage=(),
        driver_fit=DriverFit.DIRECT,
        minimum_driver=None,
        cudnn=None,
        kept=kept,
    )


TORCH = pin("torch", "2.9.0+cu128", "cu128")


def test_a_cpu_build_of_the_same_version_is_replaced() -> None:
    plan = make_plan(resolution(TORCH), environment(installed("torch", "2.9.0+cpu")), ())
    assert plan.steps == (
        Install(
            project="torch",
            version=Version("2.9.0+cu128"),
            reason=Notice.of("other-build", installed="cpu", wanted="cu128"),
            replaces=Version("2.9.0+cpu"),
            is_family=True,
            pin=TORCH,
        ),
    )


def test_a_build_without_a_label_is_told_by_its_own_files() -> None:
    wanted = pin("torch", "2.15.0", "cu132", PYPI)
    same = make_plan(resolution(wanted), environment(installed("torch", "2.15.0", build_tag="cu132")), ())
    assert same.is_empty
    other = make_plan(resolution(wanted), environment(installed("torch", "2.15.0", build_tag="cpu")), ())
    assert [type(step) for step in other.steps] == [Install]


def test_a_broken_copy_is_installed_again() -> None:
    broken = installed("torch", "2.9.0+cu128", problems=("record-missing",))
    (step,) = make_plan(resolution(TORCH), environment(broken), ()).steps
    assert isinstance(step, Install)
    assert step.reason == Notice.of("installed-copy-broken", problems=("record-missing",))


def test_packages_that_share_the_onnxruntime_folder_all_go_and_one_comes() -> None:
    runtime = pin("onnxruntime-gpu", "1.26.0", "cu128", PYPI)
    before = environment(installed("onnxruntime", "1.26.0"), installed("onnxruntime-gpu", "1.26.0"))
    plan = make_plan(resolution(runtime), before, ())
    assert [(type(step), step.project) for step in plan.steps] == [
        (Remove, "onnxruntime"),
        (Install, "onnxruntime-gpu"),
    ]


def test_a_companion_without_a_pair_goes() -> None:
    before = environment(installed("torch", "2.8.0+cu128"), installed("torchaudio", "2.8.0+cu128"))
    plan = make_plan(resolution(TORCH), before, ())
    assert [(type(step), step.project) for step in plan.steps] == [(Remove, "torchaudio"), (Install, "torch")]


def test_dependencies_are_listed_with_what_they_replace_and_without_what_is_there() -> None:
    before = environment(installed("numpy", "1.26.0"), installed("jinja2", "3.1.0"))
    additions = (
        LockedPackage(project="jinja2", version=Version("3.1.0")),
        LockedPackage(project="numpy", version=Version("2.0.0")),
        LockedPackage(project="torch", version=Version("2.9.0+cu128")),
    )
    plan = make_plan(resolution(TORCH), before, additions)
    assert [(step.project, getattr(step, "replaces", None)) for step in plan.steps] == [
        ("torch", None),
        ("numpy", Version("1.26.0")),
    ]
    assert plan.is_complete


def test_without_the_engine_a_plan_says_that_it_is_incomplete() -> None:
    assert not make_plan(resolution(TORCH), None, None).is_complete


def test_a_plan_carried_out_leaves_nothing_to_do() -> None:
    after = environment(installed("torch", "2.9.0+cu128"), installed("jinja2", "3.1.0"))
    plan = make_plan(resolution(TORCH), after, (LockedPackage(project="jinja2", version=Version("3.1.0")),))
    assert plan.steps == (Keep(project="torch", version=Version("2.9.0+cu128"), reason=Notice.of("works-already")),)
    assert plan.is_empty
