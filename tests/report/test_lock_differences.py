"""What `gpuenv lock --check` says of files that writing anew does not mend."""

from __future__ import annotations

import io

import pytest

from gpuenv.lock.differences import Difference
from gpuenv.report.lock_differences import write_differences
from gpuenv.report.terminal import Terminal

FOREIGN = Difference(file="plain.txt", kind="unreadable", name="lock-header-missing")
STALE = Difference(file="old.txt", kind="stale")
DAMAGED = Difference(file="gpu.txt", kind="unreadable", name="lock-header-broken")

ANEW = "out of date: gpu.txt; the same command without --check writes them anew"


@pytest.mark.parametrize(
    ("differences", "lines"),
    [
        ((), ["up to date"]),
        ((FOREIGN,), ["plain.txt: this is no lock of gpuenv, and is not written over: name another file"]),
        ((STALE,), ["old.txt: nothing asks for it any more: remove it"]),
        ((DAMAGED,), ["gpu.txt: this is no lock, or a damaged one (lock-header-broken)", ANEW]),
        (
            (STALE, DAMAGED),
            [
                "old.txt: nothing asks for it any more: remove it",
                "gpu.txt: this is no lock, or a damaged one (lock-header-broken)",
                ANEW,
            ],
        ),
    ],
    ids=["none", "not ours", "stale", "damaged", "stale and damaged"],
)
def test_only_what_the_command_would_write_anew_is_promised(
    differences: tuple[Difference, ...], lines: list[str]
) -> None:
    out = io.StringIO()
    write_differences(Terminal(stdout=out, stderr=io.StringIO(), environ={}, language="en", verbosity=0), differences)
    assert out.getvalue().splitlines() == lines
