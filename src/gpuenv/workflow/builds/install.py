"""Puts a proved wheel into the environment, imports it there, and puts the old one back where that fails."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import parse_wheel_filename

from gpuenv.build.modules import extension_modules
from gpuenv.detect.environment import read_again
from gpuenv.install.change import change
from gpuenv.install.environments import require_changeable
from gpuenv.install.executor import execute
from gpuenv.install.outcome import touched_projects
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Plan
from gpuenv.models.settings import IndexSettings
from gpuenv.models.value import dataclass
from gpuenv.process import run

if TYPE_CHECKING:
    from gpuenv.install.change import Ongoing
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import ExecutionRecord
    from gpuenv.models.extension import Extension
    from gpuenv.workflow.builds.place import Place

_TIMEOUT_S: Final = 300
_NEEDS_DRIVER: Final = ("libcuda.so", "nvcuda.dll", "no NVIDIA driver", "NVML")
"""What an import says on a machine without a driver, of which nothing follows for the machine that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of a wheel in the environment; with problems the environment is as it was."""

    problems: tuple[Notice, ...] = ()
    notes: tuple[Notice, ...] = ()
    imported: tuple[str, ...] = ()
    """The statements that were run to show that it loads."""
    environment: Environment | None = None
    """As it is with the wheel in it; None where it was not installed."""
    record: ExecutionRecord | None = None


def install_wheel(wheel: Path, place: Place, extension: Extension | None) -> Placed:
    """Install without dependencies, import, and only then make the change stay; `gpuenv undo` takes it back."""
    require_changeable(place.environment)
    with change(place.environment.root, projects=touched_projects(_steps(wheel, place.environment))) as ongoing:
        placed = place_wheel(wheel, place, ongoing, import_check=import_check_of(extension))
        if not placed.problems:
            ongoing.commit()
    return placed


def import_check_of(extension: Extension | None) -> str:
    """The statement that shows whether a package of the matrix loads; empty where none is known."""
    known = extension.import_check if extension is not None else ""
    return "" if known.startswith("-m") else known


def place_wheel(wheel: Path, place: Place, ongoing: Ongoing, *, import_check: str) -> Placed:
    """Install without dependencies and import, within a change that somebody else makes stay.

    `import_check` are Python statements; empty: each extension module of the wheel is imported.
    """
    environment = place.environment
    place.reporter.stage("installing-built", wheel=wheel.name, environment=str(environment.root))
    after: list[Environment] = []

    def read() -> Environment:
        after.append(read_again(environment))
        return after[-1]

    with tempfile.TemporaryDirectory(prefix="gpuenv-") as links:
        shutil.copyfile(wheel, Path(links, wheel.name))
        record = execute(
            _steps(wheel, environment),
            ongoing=ongoing,
            environment=environment,
            settings=IndexSettings(find_links=(links,), no_index=True),
            environ={name: value for name, value in place.surroundings.environ.items() if not _redirects(name)},
            read=read,
            reporter=place.reporter,
            is_offline=True,
        )
    if record.status != "done":
        return Placed(problems=record.problems)
    return replace(_imported(wheel, place, import_check), environment=after[-1], record=record)


def _steps(wheel: Path, environment: Environment) -> Plan:
    project, version, _, _ = parse_wheel_filename(wheel.name)
    old = environment.installed(project)
    step = Install(
        project=project,
        version=version,
        reason=Notice.of("built-for-gpu"),
        replaces=old.version if old is not None else None,
    )
    return Plan(steps=(step,))


def _redirects(name: str) -> bool:
    """Whether a variable names indexes: the wheel comes from the folder that it lies in, and from nowhere else."""
    return name.startswith(("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX", "UV_FIND_LINKS", "UV_NO_INDEX", "PIP_"))


def _imported(wheel: Path, place: Place, known: str) -> Placed:
    """Import what is known to show that it works, else each extension module, in the environment's Python."""
    modules = (known,) if known else tuple(f"import {module}" for module in extension_modules(wheel))
    for statement in modules:
        place.reporter.stage("importing-built", statement=statement)
        argv = (str(place.environment.python), "-c", f"import torch\n{statement}")
        environ = {name: value for name, value in place.surroundings.environ.items() if not name.startswith("PYTHON")}
        ran = run(argv, env=environ, cwd=place.environment.root, timeout_s=_TIMEOUT_S)
        if ran.succeeded:
            continue
        said = (ran.stderr or ran.stdout).strip().splitlines()
        last = said[-1] if said else f"exit code {ran.exit_code}"
        if any(word in last for word in _NEEDS_DRIVER):
            return Placed(notes=(Notice.of("import-needs-driver", statement=statement, detail=last),))
        return Placed(problems=(Notice.of("built-does-not-import", statement=statement, detail=last),))
    return Placed(imported=modules)
