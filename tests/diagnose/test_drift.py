"""Drift is told by version, and its cause by the requirements of what was installed since."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from gpuenv.diagnose.drift import find_drift
from gpuenv.models.drift import Drift, DriftCause, RecordedState
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.platform import Platform, PythonVersion

ROOT = Path("env")
RECORDED = RecordedState(
    pins={"torch": "2.15.0+cu130", "torchvision": "0.30.0+cu130"},
    versions={"torch": "2.15.0+cu130", "torchvision": "0.30.0+cu130", "sympy": "1.14.0"},
    installed_at={"torch": 5000.0, "torchvision": 100.0, "sympy": 100.0, "old-app": 5001.0, "later-app": 90000.0},
)


def distribution(name: str, version: str, *requires: str, installer: str | None = "pip") -> InstalledDistribution:
    return InstalledDistribution(
        name=name,  # type: ignore[arg-type] # already canonical
        version=Version(version),
        location=ROOT / name,
        requires=tuple(map(Requirement, requires)),
        installer=installer,
    )


def environment(*distributions: InstalledDistribution) -> Environment:
    return Environment(
        root=ROOT,
        kind="venv",
        python=ROOT / "bin" / "python",
        python_version=PythonVersion(major=3, minor=12),
        platform=Platform(name="linux-x86_64"),
        site_packages=ROOT,
        distributions=distributions,
    )


VISION = distribution("torchvision", "0.30.0+cu130", "torch==2.15.0", installer="uv")
SYMPY = distribution("sympy", "1.14.0", installer="uv")


def test_what_is_as_it_was_left_has_not_drifted() -> None:
    torch = distribution("torch", "2.15.0+cu130", "sympy>=1")
    assert find_drift(RECORDED, environment(torch, VISION, distribution("new-app", "1.0", "torch>=2"))) == ()


def test_a_newcomer_that_refuses_the_recorded_version_is_the_cause() -> None:
    torch = distribution("torch", "2.13.0", "sympy>=1")
    app = distribution("old-app", "1.0", "torch<2.14", "sympy")
    other = distribution("later-app", "3.0", "torch>=2")
    assert find_drift(RECORDED, environment(torch, VISION, SYMPY, app, other)) == (
        Drift(
            project="torch",
            recorded="2.15.0+cu130",
            found="2.13.0",
            installer="pip",
            causes=(DriftCause(project="old-app", version="1.0", requirement="torch<2.14"),),
        ),
    )


def test_else_it_is_what_asks_for_the_project_and_came_in_the_same_run() -> None:
    torch = distribution("torch", "2.15.0")  # the same number, of the default index
    app = distribution("old-app", "1.0", "torch>=2")
    later = distribution("later-app", "3.0", "torch>=2")
    (found,) = find_drift(RECORDED, environment(torch, VISION, SYMPY, app, later))
    assert [cause.project for cause in found.causes] == ["old-app"]


def test_without_anybody_who_asks_it_was_installed_by_name() -> None:
    torch = distribution("torch", "2.13.0+cpu")
    (found,) = find_drift(RECORDED, environment(torch, VISION, SYMPY))
    assert (found.found, found.installer, found.causes) == ("2.13.0+cpu", "pip", ())


def test_what_is_gone_is_told() -> None:
    torch = distribution("torch", "2.15.0+cu130")
    assert find_drift(RECORDED, environment(torch, SYMPY)) == (
        Drift(project="torchvision", recorded="0.30.0+cu130", found=None, installer=None),
    )
