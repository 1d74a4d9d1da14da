"""Creates environments, and refuses those that must not be changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.install.engines.index_access import index_access
from gpuenv.install.engines.uv import (
    engine_environment,
    find_python_argv,
    find_uv,
    pip_argv,
    venv_argv,
    without_credentials,
)
from gpuenv.install.engines.uv_failures import why_failed
from gpuenv.install.snapshots.snapshot import trees_of
from gpuenv.install.state import STATE_FOLDER
from gpuenv.models.notice import Notice
from gpuenv.models.progress import Reporter
from gpuenv.process import run, stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.environment import Environment
    from gpuenv.models.settings import IndexSettings

_HARMLESS: Final = frozenset({STATE_FOLDER, ".gitignore", "CACHEDIR.TAG", ".lock"})
"""What a folder may hold where an environment is to be created: what an environment leaves when it is undone."""


def create_environment(
    root: Path,
    *,
    python: str | None,
    settings: IndexSettings,
    environ: Mapping[str, str],
    reporter: Reporter | None = None,
    is_offline: bool = False,
) -> tuple[Notice, ...]:
    """Create a venv with `uv venv`; gives the warnings that belong to it.

    `python` is a version or a path; None lets uv choose. The environment gets pip, as users expect of a venv (without
    it, `pip` in an activated shell is another Python's); where pip cannot be had it is made without, with the warning
    `environment-without-pip`. Nothing is downloaded but that: no Python.

    Raises `folder-not-empty` for a folder that holds anything else, and `python-not-found`.
    """
    listener = reporter or Reporter()
    require_free(root)
    access = index_access(settings, environ)
    uv = find_uv(environ)
    folder = root.absolute()

    def command(argv: Sequence[str]) -> Notice | None:
        result = stream(
            argv,
            env=access.environ,
            on_line=lambda line: listener.output(without_credentials(line)),
            cwd=folder.parent,
        )
        return None if result.succeeded else why_failed(result.stdout, exit_code=result.exit_code)

    failure = command(venv_argv(uv, folder, python=python))
    if failure is not None:
        raise GpuenvError(failure.code, **failure.context)
    without_pip = command(pip_argv(uv, folder, indexes=access.arguments, is_offline=is_offline))
    return (Notice.of("environment-without-pip", cause=without_pip.code),) if without_pip is not None else ()


def find_python(choice: str, environ: Mapping[str, str]) -> Path:
    """Find the interpreter that `uv venv` would take for a version or a path. Raises `python-not-found`."""
    path = Path(choice)
    if path.is_file():
        return path
    result = run(find_python_argv(find_uv(environ), choice), env=engine_environment(environ))
    if not result.succeeded or not result.stdout.strip():
        raise GpuenvError("python-not-found", python=f"Python {choice}")
    return Path(result.stdout.strip())


def require_free(root: Path) -> None:
    """Refuse a folder where an environment would lie among other things, and a file."""
    if os.path.lexists(root) and not is_free(root):
        raise GpuenvError("folder-not-empty", folder=str(root))


def is_free(root: Path) -> bool:
    """Whether a folder is empty, or holds no more than an environment leaves when it is undone."""
    return root.is_dir() and not trees_of(root) and _HARMLESS.issuperset(os.listdir(root))  # noqa: PTH208 - names


def require_changeable(environment: Environment) -> None:
    """Refuse interpreters that others rest on (PEP 668), and what cannot be written or put back."""
    if environment.is_shared:
        code = "system-interpreter" if environment.kind == "system" else "base-interpreter"
        raise GpuenvError(code, python=str(environment.python))
    if environment.root.resolve() not in environment.site_packages.resolve().parents:
        # A snapshot keeps symlinks as they are: what they lead to could not be put back.
        raise GpuenvError(
            "packages-outside-environment",
            environment=str(environment.root),
            folder=str(environment.site_packages.resolve()),
        )
    for path in (environment.root, environment.site_packages):
        if not os.access(path, os.W_OK):
            raise GpuenvError("environment-not-writable", environment=str(environment.root), detail=str(path))
