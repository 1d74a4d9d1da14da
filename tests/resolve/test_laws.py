"""Laws that hold for every machine: stated over the packaged matrix, tried on random cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.resolve.resolver import resolve
from support.machines import matrix, request, target

if TYPE_CHECKING:
    from gpuenv.models.cuda import Architecture, ComputeCapability
    from gpuenv.models.matrix import TorchBuild
    from gpuenv.models.target import Target

CAPABILITIES = (
    "3.5",
    "3.7",
    "5.0",
    "5.2",
    "6.0",
    "6.1",
    "7.0",
    "7.5",
    "8.0",
    "8.6",
    "8.9",
    "9.0",
    "10.0",
    "10.3",
    "12.0",
    "12.1",
)
DRIVERS = ("450.80.02", "470.82.01", "510.47.03", "525.60.13", "535.54.03", "550.54.14", "560.35.03", "570.124.06")
NEWER_DRIVERS = ("575.57.08", "580.65.06", "580.95.05", "590.48.01", "595.71.05")
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
LAST_BRANCH = {"3": 470, "5": 580, "6": 580, "7.0": 580}

capabilities = st.lists(st.sampled_from(CAPABILITIES), min_size=1, max_size=3, unique=True)
drivers = st.sampled_from((*DRIVERS, *NEWER_DRIVERS))
pythons = st.sampled_from(PYTHONS)
platforms = st.sampled_from(("linux-x86_64", "windows-x86_64", "linux-aarch64"))
policies = st.sampled_from((IndexPolicy.AUTO, IndexPolicy.PYTORCH, IndexPolicy.PYPI))

machines = st.builds(
    lambda gpus, driver, python, platform: target(*gpus, driver=driver, python=python, platform=platform),
    capabilities,
    drivers,
    pythons,
    platforms,
)

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def runs_by_hand(build: TorchBuild, gpu: ComputeCapability) -> bool:
    """Recompute coverage from the sets in a few lines of our own: not the resolver's code."""

    def loads(code: Architecture) -> bool:
        if code.suffix == "a":
            return code.capability == gpu
        return code.capability.major == gpu.major and code.capability.minor <= gpu.minor

    compiled = (
        code
        for code in build.ptx
        if (code.capability.major, code.capability.minor) <= (gpu.major, gpu.minor) and code.suffix == ""
    )
    return any(map(loads, build.sass)) or any(True for _ in compiled)


@few
@given(machines, policies)
def test_a_resolution_covers_every_gpu_and_loads_on_the_driver(machine: Target, policy: IndexPolicy) -> None:
    outcome = resolve(request(policy=policy), machine, matrix())
    assume(isinstance(outcome, Resolution))
    assert isinstance(outcome, Resolution)
    assert outcome.torch is not None
    build = outcome.torch.build
    assert all(runs_by_hand(build, capability) for gpu in machine.gpus for capability in gpu.capabilities)
    assert build.cuda is not None
    assert machine.driver is not None
    assert machine.driver.version is not None
    floor = {11: 450, 12: 525, 13: 580}[build.cuda.major]
    assert machine.driver.version.branch >= floor
    assert build.platform == machine.platform.name
    assert outcome.minimum_driver is not None
    assert outcome.minimum_driver <= machine.driver.version


@few
@given(machines)
def test_the_order_of_gpus_does_not_matter(machine: Target) -> None:
    there = resolve(request(), machine, matrix())
    back = resolve(request(), replace(machine, gpus=machine.gpus[::-1]), matrix())
    assert type(there) is type(back)
    if isinstance(there, Resolution) and isinstance(back, Resolution):
        assert there.pins == back.pins
    if isinstance(there, Conflict) and isinstance(back, Conflict):
        assert there.reason.code == back.reason.code


@few
@given(machines, st.sampled_from(NEWER_DRIVERS))
def test_a_newer_driver_that_still_drives_the_cards_never_loses_a_solution(machine: Target, newer: str) -> None:
    assume(machine.driver is not None and machine.driver.version is not None)
    assert machine.driver is not None
    assert machine.driver.version is not None
    capabilities = [str(gpu.capabilities[0]) for gpu in machine.gpus]
    newer_machine = target(*capabilities, driver=newer, python=str(machine.python), platform=machine.platform.name)
    assert newer_machine.driver is not None
    assert newer_machine.driver.version is not None
    assume(newer_machine.driver.version > machine.driver.version)
    limits = [LAST_BRANCH.get(text, LAST_BRANCH.get(text[0], 999)) for text in capabilities]
    assume(newer_machine.driver.version.branch <= min(limits))
    before = resolve(request(), machine, matrix())
    if isinstance(before, Resolution):
        after = resolve(request(), newer_machine, matrix())
        assert isinstance(after, Resolution)
        assert after.torch is not None
        assert before.torch is not None
        assert after.torch.build.version >= before.torch.build.version


@few
@given(machines)
def test_removing_a_gpu_never_loses_a_solution(machine: Target) -> None:
    assume(len(machine.gpus) > 1)
    if isinstance(resolve(request(), machine, matrix()), Resolution):
        for index in range(len(machine.gpus)):
            fewer = replace(machine, gpus=machine.gpus[:index] + machine.gpus[index + 1 :])
            assert isinstance(resolve(request(), fewer, matrix()), Resolution)


@few
@given(machines, st.sampled_from(("torch<2.12", "torch==2.9.*", "torch>=2.6", "torch!=2.15.0")))
def test_a_looser_requirement_never_gives_an_older_build(machine: Target, requirement: str) -> None:
    strict = resolve(request(requirement), machine, matrix())
    if isinstance(strict, Resolution):
        loose = resolve(request(), machine, matrix())
        assert isinstance(loose, Resolution)
        assert loose.torch is not None
        assert strict.torch is not None
        if strict.torch.build.is_official == loose.torch.build.is_official:
            assert loose.torch.build.version >= strict.torch.build.version


@few
@given(machines, policies)
def test_the_same_input_gives_the_same_output(machine: Target, policy: IndexPolicy) -> None:
    assert resolve(request(policy=policy), machine, matrix()) == resolve(request(policy=policy), machine, matrix())


@few
@given(machines, policies)
def test_every_conflict_names_a_cause_that_the_user_can_change(machine: Target, policy: IndexPolicy) -> None:
    outcome = resolve(request(policy=policy), machine, matrix())
    if isinstance(outcome, Conflict):
        assert outcome.causes
        assert all(cause.change.code for cause in outcome.causes)


@few
@given(machines, policies)
def test_brute_force_finds_nothing_newer(machine: Target, policy: IndexPolicy) -> None:
    outcome = resolve(request(policy=policy), machine, matrix())
    if not isinstance(outcome, Resolution):
        return
    assert outcome.torch is not None
    assert machine.driver is not None
    assert machine.driver.version is not None
    branch = machine.driver.version.branch
    floors = {11: 450, 12: 525, 13: 580}
    better = [
        build.label
        for build in matrix().torch
        if build.cuda is not None
        and build.platform == machine.platform.name
        and build.version > outcome.torch.build.version
        and build.is_official
        and not build.ptx
        and build.python_min <= machine.python <= build.python_max
        and (build.on_pypi if policy is IndexPolicy.PYPI else True)
        and branch > floors[build.cuda.major]
        and all(runs_by_hand(build, capability) for gpu in machine.gpus for capability in gpu.capabilities)
    ]
    assert better == []
