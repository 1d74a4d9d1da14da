"""Installs wheels into a folder of gpuenv's own: a compiler, or what a build needs beside the environment."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.install.engines.index_access import index_access
from gpuenv.install.engines.uv import find_uv, without_credentials
from gpuenv.install.engines.uv_failures import why_failed
from gpuenv.process import stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.install.engines.index_access import IndexAccess
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings


def install_into(
    folder: Path,
    requirements: Sequence[str],
    *,
    python: Path,
    settings: IndexSettings,
    environ: Mapping[str, str],
    reporter: Reporter,
    with_dependencies: bool,
    excluded: Sequence[str] = (),
    is_offline: bool = False,
) -> None:
    """Make `folder` with these packages in it, wholly or not at all; it must not exist yet.

    `python` is the interpreter that they are for. `excluded` projects are left out whatever depends on them.
    Another run that made the same folder meanwhile wins. Raises the codes of `why_failed`, and `folder-not-writable`.
    """
    access = index_access(settings, environ)
    part = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    options = (
        *("--target", str(part), "--python", str(python)),
        *(() if with_dependencies else ("--no-deps",)),
        *(("--offline",) if is_offline else ()),
    )
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _install(options, requirements, excluded, access, find_uv(environ), reporter)
        if not folder.exists():
            part.rename(folder)
    except OSError as error:
        raise GpuenvError("folder-not-writable", folder=str(folder), detail=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _install(
    options: Sequence[str],
    requirements: Sequence[str],
    excluded: Sequence[str],
    access: IndexAccess,
    uv: Path,
    reporter: Reporter,
) -> None:
    with tempfile.TemporaryDirectory(prefix="gpuenv-") as made:
        wanted = _written(Path(made, "requirements.txt"), requirements)
        excludes = [_written(Path(made, "excludes.txt"), excluded)] if excluded else []
        argv = (
            *(str(uv), "pip", "install", *options, "--requirements", str(wanted)),
            *(argument for path in excludes for argument in ("--excludes", str(path))),
            *access.arguments,
        )
        ran = stream(
            argv,
            env=access.environ,
            on_line=lambda line: reporter.output(without_credentials(line)),
            cwd=Path(made),
        )
    if not ran.succeeded:
        cause = why_failed(ran.stdout, exit_code=ran.exit_code)
        raise GpuenvError(cause.code, **cause.context)


def _written(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
