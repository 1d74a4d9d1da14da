"""What is looked at before an install begins and told when it ended: the Python asked for, the project around."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.models.notice import Notice
from gpuenv.models.platform import PythonVersion

if TYPE_CHECKING:
    from gpuenv.models.environment import Environment
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options


def require_same_python(options: Options, environment: Environment, surroundings: Surroundings) -> None:
    """Raise `environment-python-differs` where another Python was asked for than the environment has."""
    if options.python is None:
        return
    wanted = _version_of(options.python, surroundings)
    if wanted != environment.python_version:
        raise GpuenvError(
            "environment-python-differs",
            environment=str(environment.root),
            found=str(environment.python_version),
            wanted=str(wanted),
            python=options.python,
        )


def _version_of(choice: str, surroundings: Surroundings) -> PythonVersion:
    try:
        return PythonVersion.parse(choice.removeprefix("python"))
    except ValueError:
        from gpuenv.detect.environments.interpreter import ask_interpreter  # noqa: PLC0415 - only where a path was given

        return ask_interpreter(surroundings.cwd / Path(choice), surroundings.environ).version


def uv_project_notes(root: Path, surroundings: Surroundings) -> tuple[Notice, ...]:
    """Warn where the environment belongs to a uv project: `uv run` and `uv sync` bring back what is locked there."""
    from gpuenv.project.uv_project import uv_project_of  # noqa: PLC0415 - only after a change

    project = uv_project_of(root, surroundings)
    return () if project is None else (Notice.of("uv-project-reverts", project=str(project)),)
