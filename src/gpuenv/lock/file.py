"""Puts a lock on the disk, whole or not at all; reads the project file that one is written into."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gpuenv.errors import GpuenvError


def write_lock_file(path: Path, text: str) -> bool:
    """Write the file unless it holds that text already; tell whether it changed. Raises `lock-not-writable`."""
    content = text.encode()
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        partial = Path(name)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(content)
            partial.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
            partial.replace(path)
        except OSError:
            partial.unlink()
            raise
    except OSError as error:
        raise GpuenvError("lock-not-writable", path=str(path), detail=error.strerror or str(error)) from error
    return True


def read_project_file(path: Path) -> str:
    """Read a pyproject.toml with its line ends. Raises `uv-project-missing` and `uv-project-unreadable`."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError as error:
        raise GpuenvError("uv-project-missing", file=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise GpuenvError("uv-project-unreadable", file=str(path), detail=str(error)) from error


def _umask() -> int:
    """Read the mask that new files get; the system tells it only when it is set."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
