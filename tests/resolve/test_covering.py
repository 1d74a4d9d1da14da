"""The fewest locks for a range of cards: exact, deterministic, and each group is served by one build."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Resolution
from gpuenv.resolve.covering import cover_range, minimal_cover
from gpuenv.resolve.resolver import resolve
from support.machines import matrix, request, tables, target

if TYPE_CHECKING:
    from gpuenv.models.platform import PlatformName
    from gpuenv.models.target import Target
    from gpuenv.resolve.covering import Covering

SETS = st.lists(st.frozensets(st.integers(0, 7), max_size=6), max_size=7)


def brute_force(sets: list[frozenset[int]]) -> int:
    """The size of the smallest choice that has everything, by trying all of them."""
    everything = frozenset().union(*sets)
    return next(
        size
        for size in range(len(sets) + 1)
        if any(frozenset().union(*chosen) == everything for chosen in combinations(sets, size))
    )


@given(sets=SETS)
def test_no_choice_is_smaller_as_brute_force_agrees(sets: list[frozenset[int]]) -> None:
    chosen = minimal_cover(sets)
    assert frozenset().union(*(sets[place] for place in chosen)) == frozenset().union(*sets)
    assert len(chosen) == brute_force(sets)
    assert list(chosen) == sorted(set(chosen))


def test_of_choices_of_the_same_size_the_preferred_one_is_taken() -> None:
    """1 and 3 have all as well as 0 and 4 have, but 0 and 2 give more members what is preferred."""
    assert minimal_cover([{1, 2}, {2, 3}, {3, 4}, {1, 4}, {3, 4, 1}]) == (0, 2)


def capabilities(platform: PlatformName) -> list[str]:
    return [
        str(row.capability)
        for row in matrix().architectures
        if (5, 0) <= (row.capability.major, row.capability.minor) <= (12, 1)
        and (platform == "linux-aarch64" or not row.capability.is_tegra)
    ]


def covering(machine: Target, *asked: str, policy: IndexPolicy = IndexPolicy.AUTO) -> Covering:
    return cover_range(request(*asked, policy=policy), machine, matrix(), tables=tables())


def served(machine: Target, *asked: str) -> bool:
    return isinstance(resolve(request(*asked), machine, matrix(), tables=tables()), Resolution)


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64", "linux-aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_every_group_of_a_range_is_served_by_one_build(platform: PlatformName, python: str) -> None:
    machine = target(*capabilities(platform), platform=platform, python=python)
    found = covering(machine)
    assert all(served(replace(machine, gpus=group)) for group in found.groups)
    covered = {gpu for group in found.groups for gpu in group}
    assert covered | set(found.uncovered) == set(machine.gpus)
    assert not any(served(replace(machine, gpus=(gpu,))) for gpu in found.uncovered)


def test_two_locks_are_the_fewest_for_maxwell_to_blackwell_on_linux() -> None:
    """By the resolver itself, and not by the sets that the cover was chosen from: no one build serves both ends."""
    machine = target(*capabilities("linux-x86_64"))
    found = covering(machine)
    assert len(found.groups) == 2
    assert found.uncovered == ()
    ends = (machine.gpus[0], machine.gpus[-1])
    assert not served(replace(machine, gpus=ends))


def test_what_an_index_turned_out_not_to_have_is_covered_otherwise() -> None:
    machine = target("6.1", "8.6", "12.0")
    (blackwell, pascal) = covering(machine).groups
    assert [gpu.name for gpu in blackwell] == ["sm_86", "sm_120"]
    assert [gpu.name for gpu in pascal] == ["sm_61", "sm_86"]
    again = cover_range(request(), machine, matrix(), tables=tables(), refused=[frozenset(blackwell)])
    assert [[gpu.name for gpu in group] for group in again.groups] == [["sm_61", "sm_86"]]
    assert [gpu.name for gpu in again.uncovered] == ["sm_120"]


def test_a_driver_and_the_sources_limit_what_a_range_gets() -> None:
    assert covering(target("8.6", platform="windows-x86_64"), policy=IndexPolicy.PYPI).groups == ()
    old = target("6.1", "12.0", driver="470.82.01")
    assert [[gpu.name for gpu in group] for group in covering(old).groups] == [["sm_61"]]
    assert [gpu.name for gpu in covering(old).uncovered] == ["sm_120"]


def test_onnxruntime_alone_is_covered_as_well() -> None:
    machine = target("5.2", "8.6", "12.0")
    found = covering(machine, "onnxruntime-gpu")
    assert {gpu for group in found.groups for gpu in group} == set(machine.gpus)
    assert all(served(replace(machine, gpus=group), "onnxruntime-gpu") for group in found.groups)
