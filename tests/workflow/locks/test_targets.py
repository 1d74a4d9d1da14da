"""Which machines a lock is for: ranges, lists, platforms and Pythons become one machine each, or a set of cards."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from gpuenv.errors import UsageError
from gpuenv.models.surroundings import Surroundings
from gpuenv.workflow.locks.targets import Machines, is_range, machines_of
from gpuenv.workflow.options import Options
from support.machines import matrix


def machines(
    *targets: str, platform: str | None = "linux-x86_64", python: str = "3.12", lists: bool = True
) -> list[Machines]:
    surroundings = Surroundings(environ={}, cwd=Path.cwd(), home=Path.cwd(), now=datetime.now(tz=timezone.utc))
    options = Options(platform=platform, python=python)
    return list(machines_of(targets, options, surroundings, matrix(), lists_are_ranges=lists))


@pytest.mark.parametrize("text", ["sm_75..sm_120", "7.5..12.0", "75..120", "cpu, sm_75..sm_120"])
def test_a_range_is_known_by_its_dots(text: str) -> None:
    assert is_range(text)


@pytest.mark.parametrize("text", ["../machine.json", "rtx-5090", "sm_75", "..", "a..b", "12.0"])
def test_what_only_looks_like_a_range_is_none(text: str) -> None:
    assert not is_range(text)


def test_a_range_holds_every_capability_between_but_those_of_other_platforms() -> None:
    (found,) = machines("sm_70..sm_89")
    assert found.cards == ("sm_70", "sm_75", "sm_80", "sm_86", "sm_88", "sm_89")
    (found,) = machines("7.0..8.9", platform="linux-aarch64")
    assert set(found.cards) == {"sm_70", "sm_72", "sm_75", "sm_80", "sm_86", "sm_87", "sm_88", "sm_89"}


def test_platforms_and_pythons_multiply() -> None:
    found = machines("h100", "cpu", platform="linux-x86_64,windows-x86_64", python="3.11, 3.13")
    assert [(one.name, one.platform, str(one.python), one.cards) for one in found] == [
        (name, platform, python, ())
        for name in ("h100", "cpu")
        for platform in ("linux-x86_64", "windows-x86_64")
        for python in ("3.11", "3.13")
    ]
    assert all("," not in f"{one.options.platform}{one.options.python}" for one in found)


def test_a_list_is_many_machines_or_one_with_many_cards() -> None:
    (cards, cpu) = machines("rtx-3060, h100,rtx-3060,cpu")
    assert (cards.cards, cpu.name, cpu.cards, cpu.options.target) == (("rtx-3060", "h100"), "cpu", (), "cpu")
    (one,) = machines("rtx-3060,h100", lists=False)
    assert (one.cards, one.options.target) == ((), "rtx-3060,h100")


@pytest.mark.parametrize(
    ("target", "platform", "code"),
    [("sm_121..sm_50", "linux-x86_64", "lock-range-invalid"), ("h100", "linux-x86_64,os2", "lock-platform-invalid")],
)
def test_what_names_nothing_is_refused(target: str, platform: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        machines(target, platform=platform)
