"""Writes the ways out where a lock is not for a machine: commands that lead to an environment that is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.lock.shelf import read_header
from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Cause
from gpuenv.models.typed_command import quoted
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.errors import ContextValue
    from gpuenv.lock.header import LockHeader
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.target import Target
    from gpuenv.workflow.from_lock.fit import ConsideredLock
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, as hints repeat it."""

    place: Path
    """The FILE or DIR of `--locked`."""
    options: Options
    cwd: Path
    root: Path | None
    """The environment that it is for; it need not exist."""

    def shown(self, path: Path) -> str:
        """Write a path as the user would type it."""
        return os.path.relpath(path, self.cwd) if self.cwd == path or self.cwd in path.parents else str(path)

    def install(self, path: Path, *more: str, says_target: bool = True, venv: str | None = None) -> str:
        """Write the command that installs a lock. `says_target`: for the machine that was described."""
        machine = self.machine() if says_target else ()
        place = venv or self.options.venv
        words = ("gpuenv", "install", "--locked", quoted(self.shown(path)), *machine, *more)
        return " ".join((*words, *(("--venv", quoted(place)) if place else ())))

    def machine(self, *, without: str = "") -> tuple[str, ...]:
        """The options that say for which machine, as they were given."""
        options = self.options
        given = (
            ("--target", None if options.target == "current-gpu" else options.target),
            *(("--gpu", gpu) for gpu in options.gpus),
            ("--driver", options.driver),
            ("--platform", options.platform),
            ("--python", options.python),
        )
        said = (pair for pair in given if pair[0] != without)
        return tuple(word for name, text in said if text is not None for word in (name, quoted(text)))


def ways_out(
    asked: Asked,
    nearest: ConsideredLock,
    beside: ConsideredLock | None,
    *,
    target: Target,
    matrix: CompatibilityMatrix,
) -> tuple[Cause, ...]:
    """List what leads on: the lock beside it that fits, a change that makes the nearest one fit, a new lock."""
    found = list(_change(asked, nearest, target, matrix))
    if beside is not None:
        facts = {"file": beside.path.name, "command": asked.install(beside.path)}
        found.insert(0, _cause("locked-use-other", beside.header, **facts))
    return (*found, _anew(asked, target))


def _change(asked: Asked, lock: ConsideredLock, target: Target, matrix: CompatibilityMatrix) -> Iterator[Cause]:
    """Say what would have to change for a lock to fit, where it is one thing that a person can change."""
    header = lock.header
    if header is None or len({misfit.code for misfit in lock.misfits}) != 1:
        return
    facts = lock.misfits[0].context
    match lock.misfits[0].code:
        case "locked-other-python":
            python = str(header.python)
            exists = asked.root is not None and asked.root.exists()
            venv = f"{asked.shown(asked.root)}-{python}" if exists and asked.root is not None else None
            machine = asked.machine(without="--python")
            command = asked.install(lock.path, *machine, "--python", python, says_target=False, venv=venv)
            yield _cause("locked-use-python", header, python=python, command=command)
        case "locked-newer-driver":
            yield _cause(
                "locked-update-driver", header, needs=facts["needs"], **_getting(facts["branch"], target, matrix)
            )
        case "locked-for-cpu":
            yield _cause("use-cpu", header, command=asked.install(lock.path, "--target", "cpu", says_target=False))
        case "locked-for-gpu":
            command = asked.install(lock.path, says_target=False)
            yield _cause("locked-use-gpu", header, gpus=facts["gpus"], command=command)
        case _:
            pass


def _getting(branch: ContextValue, target: Target, matrix: CompatibilityMatrix) -> dict[str, str | None]:
    """Name the package of a driver branch, or what opens NVIDIA's page where the driver is Windows' own."""
    if target.platform.driver_system == "windows":
        return {"apt": None, "opener": "explorer.exe" if target.platform.is_wsl else "start"}
    rows = (matrix.architecture(capability) for gpu in target.gpus for capability in gpu.capabilities)
    is_open = any(row.open_kernel_module_only for row in rows if row is not None)
    return {"apt": f"nvidia-driver-{branch}{'-open' if is_open else ''}", "opener": None}


def _anew(asked: Asked, target: Target) -> Cause:
    """Make a lock for this machine: that always helps."""
    sm = dict.fromkeys(capability.sm for gpu in target.gpus for capability in gpu.capabilities)
    name = f"requirements-{'-'.join(sm) or 'cpu'}-{target.platform.name}-py{str(target.python).replace('.', '')}.txt"
    folder = asked.place if asked.place.is_dir() else asked.place.parent
    words = ("gpuenv", "lock", *asked.machine(without="--python"), "--python", str(target.python))
    command = " ".join((*words, "-o", quoted(asked.shown(folder / name))))
    return Cause(change=Notice.of("locked-make-anew", command=command), would_give=None)


def name_the_machine(asked: Asked) -> tuple[Cause, ...]:
    """Say how a lock is installed on a machine without its GPU, such as a container that is built for another."""
    try:
        header = read_header(asked.place) if asked.place.is_file() else None
    except GpuenvError:
        header = None
    sm = dict.fromkeys(one.sm for gpu in header.gpus for one in gpu.capabilities) if header is not None else {}
    if header is None or not sm:
        command = asked.install(asked.place, "--target", "cpu", says_target=False)
        return (_cause("use-cpu", header, command=command),)
    command = asked.install(asked.place, "--target", ",".join(sm), says_target=False)
    gpus = tuple(dict.fromkeys(gpu.name for gpu in header.gpus))
    return (_cause("locked-name-target", header, gpus=gpus, command=command),)


def _cause(code: str, header: LockHeader | None, **facts: ContextValue) -> Cause:
    torch = header.torch if header is not None else None
    return Cause(change=Notice.of(code, **facts), would_give=str(torch) if torch is not None else None)
