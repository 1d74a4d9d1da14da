"""A second opinion: coverage and driver floor of each answer, recomputed from the matrix's rows in a few lines.

Nothing of the resolver or of `rules/` is used, so that a fault there does not hide itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exam.rows import ROWS
from exam.test_machines import answer_of
from gpuenv.models.resolution import Resolution
from support.machines import matrix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exam.rows import Row
    from gpuenv.models.cuda import Architecture
    from gpuenv.models.matrix import OnnxRuntimeBuild
    from gpuenv.models.target import Target

JETSON = {"5.3", "6.2", "7.2", "8.7", "10.1", "11.0"}
FLOOR_LINUX = {11: (450, 80), 12: (525, 60), 13: (580, 65)}
FLOOR_WINDOWS = {11: (452, 39), 12: (527, 41), 13: (580, 0)}

ANSWERED = [row for row in ROWS if row.machine.gpus and "conflict" not in row.answer]


def is_served(gpu: str, sass: Iterable[Architecture], ptx: Iterable[Architecture], cuda: tuple[int, int]) -> bool:
    """Rules 1 to 3 over text: `gpu` as 12.0, code as 90a."""
    major, minor = map(int, ("11.0" if gpu == "10.1" else gpu).split("."))
    for text in map(str, sass):
        number, suffix = text.rstrip("af"), text[-1] if text[-1] in "af" else ""
        code = int(number[:-1]), int(number[-1])
        exact = code == (major, minor)
        same_kind = (gpu in JETSON) == (f"{code[0]}.{code[1]}" in JETSON)
        lifted = gpu in JETSON and cuda >= (13, 2) and code in {(7, 0), (8, 0), (8, 6)}
        if exact or (suffix != "a" and code[0] == major and code[1] <= minor and (same_kind or lifted)):
            return True
    plain = [text for text in map(str, ptx) if text.isdigit()]
    newest = max((int(str(code).rstrip("af")) for code in sass), default=0)
    return any(newest <= int(text) <= major * 10 + minor for text in plain)


def needs_ptx(gpu: str, sass: Iterable[Architecture], cuda: tuple[int, int]) -> bool:
    return not is_served(gpu, sass, (), cuda)


def loads(machine: Target, cuda: tuple[int, int]) -> bool:
    """Minor-version compatibility by the driver's number, or by the CUDA version that was measured."""
    driver = machine.driver
    if driver is None:
        return True
    if driver.cuda_version is not None:
        return driver.cuda_version.major >= cuda[0]
    assert driver.version is not None
    is_windows = machine.platform.is_wsl or machine.platform.name.startswith("windows")
    numbers = driver.version.numbers if len(driver.version.numbers) > 1 else (*driver.version.numbers, 999)
    return numbers[:2] >= (FLOOR_WINDOWS if is_windows else FLOOR_LINUX)[cuda[0]]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ANSWERED])
def test_what_was_chosen_runs_on_every_gpu_and_loads_on_the_driver(row: Row) -> None:
    outcome = answer_of(row)
    assert isinstance(outcome, Resolution)
    gpus = [str(capability) for gpu in row.machine.gpus for capability in gpu.capabilities]
    chosen = [
        build
        for build in (outcome.torch.build if outcome.torch is not None else None, runtime_of(outcome, row.machine))
        if build is not None
    ]
    assert chosen
    for build in chosen:
        assert build.cuda is not None
        cuda = (build.cuda.major, build.cuda.minor)
        assert build.platform == row.machine.platform.name
        assert all(is_served(gpu, build.sass, build.ptx, cuda) for gpu in gpus), (build.version, build.sass)
        assert loads(row.machine, cuda)
        spoken = row.machine.driver.cuda_version if row.machine.driver else None
        if spoken is not None and any(needs_ptx(gpu, build.sass, cuda) for gpu in gpus):
            assert (spoken.major, spoken.minor) >= cuda
    assert len({build.cuda.major for build in chosen if build.cuda is not None}) == 1


def runtime_of(outcome: Resolution, machine: Target) -> OnnxRuntimeBuild | None:
    pin = outcome.pin("onnxruntime-gpu")
    if pin is None:
        return None
    return next(
        build
        for build in matrix().onnxruntime
        if build.platform == machine.platform.name and build.version == pin.version
    )


def test_the_second_opinion_can_say_no() -> None:
    modern = next(build for build in matrix().torch if build.label == "2.15.0+cu130")
    assert not is_served("6.1", modern.sass, modern.ptx, (13, 0))
    assert is_served("12.0", modern.sass, modern.ptx, (13, 0))
