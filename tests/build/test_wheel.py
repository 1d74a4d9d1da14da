"""What is told of a build that failed."""

from __future__ import annotations

from pathlib import Path

from gpuenv.build.wheel import FailedBuild

DATA = Path(__file__).parents[1] / "data" / "build"


def test_the_compilers_complaints_are_told_and_not_what_follows_of_them() -> None:
    log = (DATA / "nvcc-error.log").read_text()
    assert FailedBuild(output=log).told.splitlines() == [
        '/build/source/spatial.cu(18): error: identifier "nonsense" is undefined',
        "nvcc fatal   : Unsupported gpu architecture 'compute_120'",
    ]


def test_without_a_complaint_it_is_the_end() -> None:
    assert FailedBuild(output="".join(f"line {number}\n" for number in range(30))).told.splitlines() == [
        f"line {number}" for number in range(10, 30)
    ]
