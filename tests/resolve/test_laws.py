"""Laws that hold for every machine: stated over the packaged matrix, tried on random cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.cuda import Architecture
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.platform import PythonVersion
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict, DriverFit, Resolution
from gpuenv.resolve.resolver import resolve
from gpuenv.resolve.tables import make_tables
from resolve.machine_strategies import LAST_BRANCH, NEWER_DRIVERS, few, machines, policies
from support.machines import matrix, request, tables, target

if TYPE_CHECKING:
    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.matrix import CompatibilityMatrix, TorchBuild
    from gpuenv.models.target import Target


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
@given(
    machines,
    policies,
    st.sampled_from(("torch<2.12", "torch==2.9.*", "torch>=2.6", "torch!=2.15.0", "torch==2.14.1+cu126")),
)
def test_a_looser_requirement_never_gives_a_lower_ranked_build(
    machine: Target, policy: IndexPolicy, requirement: str
) -> None:
    strict = resolve(request(requirement, policy=policy), machine, matrix(), tables=tables())
    if isinstance(strict, Resolution):
        loose = resolve(request(policy=policy), machine, matrix(), tables=tables())
        assert isinstance(loose, Resolution)
        assert preference(loose) >= preference(strict)


def preference(resolution: Resolution) -> tuple[object, ...]:
    """Say rule 9's order in our own words: official, newest, direct, without PTX, best evidence, highest tag."""
    assert resolution.torch is not None
    build = resolution.torch.build
    assert build.cuda is not None
    return (
        build.is_official,
        build.version,
        "torch-compile-needs-newer-driver" not in {note.code for note in resolution.notes},
        resolution.driver_fit is DriverFit.DIRECT,
        -sum(found.kind == "ptx" for found in resolution.coverage),
        -build.provenance.evidence.rank,
        build.cuda,
    )


@few
@given(machines, st.sampled_from(("590.48.01", "595.71.05")))
def test_a_driver_beyond_the_last_branch_of_a_card_is_a_conflict_of_its_own(machine: Target, newer: str) -> None:
    capabilities = [str(gpu.capabilities[0]) for gpu in machine.gpus]
    limits = {LAST_BRANCH.get(text, LAST_BRANCH.get(text[0], 999)) for text in capabilities}
    assume(min(limits) < 590)
    outcome = resolve(request(), target(*capabilities, driver=newer), matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    assert outcome.reason.code in {"driver-dropped-gpu", "no-driver-for-all-gpus"}
    assert "branch" in outcome.reason.context or "newest" in outcome.reason.context


@few
@given(machines, policies, st.sampled_from((("torch",), ("torch", "onnxruntime-gpu"), ("onnxruntime-gpu",))))
def test_the_same_question_gets_the_same_answer(machine: Target, policy: IndexPolicy, asked: tuple[str, ...]) -> None:
    first = resolve(request(*asked, policy=policy), machine, matrix())
    assert resolve(request(*asked, policy=policy), machine, matrix()) == first
    other_order = replace(matrix(), torch=matrix().torch[::-1], onnxruntime=matrix().onnxruntime[::-1])
    again = resolve(request(*asked, policy=policy), machine, other_order)
    assert type(again) is type(first)
    if isinstance(first, Resolution) and isinstance(again, Resolution):
        assert (again.pins, again.coverage, again.notes) == (first.pins, first.coverage, first.notes)


@few
@given(machines, policies, st.sampled_from((("torch",), ("torch", "torchvision", "onnxruntime-gpu"))))
def test_every_better_candidate_has_a_code_and_a_fact(
    machine: Target, policy: IndexPolicy, asked: tuple[str, ...]
) -> None:
    outcome = resolve(request(*asked, policy=policy), machine, matrix(), tables=tables())
    for rejected in outcome.rejected:
        facts = dict(rejected.reason.context)
        assert rejected.reason.code
        assert facts["build"] == rejected.candidate.build.label
        assert facts["matrix"] == matrix().version
        assert facts["evidence"] == rejected.candidate.build.provenance.evidence.value
    labels = [rejected.candidate.build.label for rejected in outcome.rejected]
    assert len(labels) == len(set(labels))


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


@few
@given(machines, st.permutations(("torch>=2.6", "torchvision", "torchaudio")))
def test_the_order_of_requirements_does_not_matter(machine: Target, asked: list[str]) -> None:
    there = resolve(request("torch>=2.6", "torchvision", "torchaudio"), machine, matrix(), tables=tables())
    back = resolve(request(*asked), machine, matrix(), tables=tables())
    assert type(there) is type(back)
    if isinstance(there, Resolution) and isinstance(back, Resolution):
        assert there.pins == back.pins
    if isinstance(there, Conflict) and isinstance(back, Conflict):
        assert there.reason.code == back.reason.code


@few
@given(machines)
def test_torch_yields_to_onnxruntime_where_that_was_named_first(machine: Target) -> None:
    torch_first = resolve(request("torch", "onnxruntime-gpu"), machine, matrix(), tables=tables())
    runtime_first = resolve(request("onnxruntime-gpu", "torch"), machine, matrix(), tables=tables())
    assert type(torch_first) is type(runtime_first)
    if isinstance(torch_first, Resolution) and isinstance(runtime_first, Resolution):
        assert version_of(runtime_first, "onnxruntime-gpu") >= version_of(torch_first, "onnxruntime-gpu")
        assert version_of(runtime_first, "torch") <= version_of(torch_first, "torch")


def version_of(resolution: Resolution, project: str) -> Version:
    pin = resolution.pin(project)
    assert pin is not None
    return Version(pin.version.public)


@few
@given(machines)
def test_brute_force_over_torch_and_onnxruntime_finds_nothing_newer(machine: Target) -> None:
    outcome = resolve(request("torch", "onnxruntime-gpu"), machine, matrix(), tables=tables())
    assert machine.driver is not None
    assert machine.driver.version is not None
    branch = machine.driver.version.branch
    floors = {11: 450, 12: 525, 13: 580}
    gpus = [capability for gpu in machine.gpus for capability in gpu.capabilities]
    pairs = [
        (build.version, runtime.version)
        for build in matrix().torch
        if build.cuda is not None
        and build.cudnn is not None
        and (build.platform, build.is_official) == (machine.platform.name, True)
        and build.python_min <= machine.python <= build.python_max
        and branch > floors[build.cuda.major]
        and not build.ptx
        and all(runs_by_hand(build, gpu) for gpu in gpus)
        for runtime in matrix().onnxruntime
        if runtime.platform == machine.platform.name
        and runtime.cuda.major == build.cuda.major
        and runtime.cudnn_major == build.cudnn.major
        and runtime.python_min <= machine.python <= runtime.python_max
        and all(has_cubin(runtime.sass, gpu) for gpu in gpus)
    ]
    if isinstance(outcome, Conflict):
        assert outcome.reason.code.startswith(("driver-", "no-driver-", "jetson-")) or pairs == []
    elif pairs:
        assert outcome.torch is not None
        assert version_of(outcome, "torch") >= max(pairs)[0]


def has_cubin(sass: frozenset[Architecture], gpu: ComputeCapability) -> bool:
    return any(
        code.capability == gpu
        if code.suffix == "a"
        else code.capability.major == gpu.major and code.capability.minor <= gpu.minor
        for code in sass
    )


@few
@given(machines)
def test_a_newer_matrix_never_changes_a_working_environment(machine: Target) -> None:
    first = resolve(request("torch", "torchvision"), machine, matrix(), tables=tables())
    assume(isinstance(first, Resolution))
    assert isinstance(first, Resolution)
    there = environment_with(first, machine)
    older = resolve(request("torch", "torchvision"), machine, matrix(), environment=there, tables=tables())
    newer = resolve(request("torch", "torchvision"), machine, newer_matrix(), environment=there)
    upgraded = resolve(request("torch", "torchvision", upgrade=True), machine, newer_matrix(), environment=there)
    assert isinstance(older, Resolution)
    assert isinstance(newer, Resolution)
    assert isinstance(upgraded, Resolution)
    assert [pin.version for pin in newer.pins] == [pin.version for pin in first.pins]
    assert newer.kept == older.kept == ("torch", "torchvision")
    assert version_of(upgraded, "torch") == Version("2.99.0")
    assert upgraded.kept == ()


def newer_matrix() -> CompatibilityMatrix:
    """Make a matrix with a release of torch that serves everything, and with pairs for it."""
    everything = frozenset(row.capability for row in matrix().architectures)
    builds = tuple(
        replace(
            build,
            version=Version("2.99.0"),
            sass=frozenset(Architecture(capability=capability) for capability in everything),
            python_min=PythonVersion(major=3, minor=8),
            python_max=PythonVersion(major=3, minor=15),
        )
        for build in matrix().torch
        if str(build.version) in {"2.7.1", "2.14.1"} and build.cuda is not None
    )
    pairs = tuple(
        replace(release, version=Version("0.99.0"), torch=SpecifierSet("==2.99.0"), tags=frozenset())
        for release in matrix().companions
        if str(release.version) == "0.29.2"
    )
    return replace(matrix(), torch=(*matrix().torch, *builds), companions=(*matrix().companions, *pairs))


def environment_with(resolution: Resolution, machine: Target) -> Environment:
    """Describe an environment in which a resolution was installed."""
    root = Path("env")
    return Environment(
        root=root,
        kind="venv",
        python=root / "bin" / "python",
        python_version=machine.python,
        platform=machine.platform,
        site_packages=root / "lib",
        distributions=tuple(
            InstalledDistribution(
                name=canonicalize_name(pin.project), version=pin.version, location=root, build_tag=pin.tag
            )
            for pin in resolution.pins
        ),
    )


@few
@given(machines, machines, policies)
def test_what_was_asked_before_changes_no_answer(before: Target, machine: Target, policy: IndexPolicy) -> None:
    shared = make_tables(matrix())
    for asked in (before, machine):
        resolve(request(policy=policy), asked, matrix(), tables=shared)
    after = resolve(request(policy=policy), machine, matrix(), tables=shared)
    assert after == resolve(request(policy=policy), machine, matrix())


def test_the_same_driver_number_is_another_driver_on_windows() -> None:
    shared = make_tables(matrix())
    linux = target("8.6", driver="452.06")
    windows = target("8.6", driver="452.06", platform="windows-x86_64")
    assert isinstance(resolve(request(), linux, matrix(), tables=shared), Resolution)
    assert isinstance(resolve(request(), windows, matrix(), tables=shared), Conflict)
