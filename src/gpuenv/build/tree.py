"""Copies a source tree to where it can be built: to a path without `arch`, and without objects of earlier builds."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFT_OUT: Final = frozenset({".venv", "venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".tox", ".gpuenv"})
_OBJECTS: Final = re.compile(r"(temp|lib|bdist)\.")
"""Folders that setuptools puts into `build/`: what lies there would be linked again, for whatever GPU it was made."""
_STANDARD: Final = re.compile(r"(?P<flag>[-/]std[=:](?:c|gnu)\+\+)(?:1[147]|0x|1z)\b")
_CMAKE_STANDARD: Final = re.compile(r"(?P<name>CMAKE_(?:CXX|CUDA)_STANDARD\s+)(?:11|14|17)\b")
_ASKS: Final = re.compile(r"C\+\+(\d\d) or later compatible compiler is required")
_SCRIPTS: Final = ("*.py", "*.cmake", "CMakeLists.txt", "*.toml", "*.cfg")


@contextmanager
def neutral_folder() -> Iterator[Path]:
    """Make a temporary folder whose path does not hold `arch`.

    torch's `cpp_extension` takes any flag of nvcc with these letters, and an include of `research/` is one, for a
    choice of architectures, and then makes none of its own (torch 2.0 to 2.15).
    """
    places = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/tmp")]  # noqa: S108 - only their names are judged
    usable = [place for place in places if place.is_dir() and os.access(place, os.W_OK)]
    base = next((place for place in usable if "arch" not in str(place.resolve())), usable[0])
    folder = base / f"gpuenv-{secrets.token_hex(6)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a tree without environments, caches, and the objects of earlier builds. Raises `source-unreadable`."""

    def left_out(folder: str, names: list[str]) -> list[str]:
        is_build = Path(folder) == source / "build"
        return [
            name
            for name in names
            if name in _LEFT_OUT
            or name.endswith(".egg-info")
            or (is_build and (_OBJECTS.match(name) or name in {"CMakeCache.txt", "CMakeFiles"}))
        ]

    try:
        shutil.copytree(source, target, symlinks=True, ignore=left_out)
    except (OSError, shutil.Error) as error:
        raise GpuenvError("source-unreadable", path=str(source), detail=_first_reason(error)) from error
    finally:
        make_writable(target)


def make_writable(tree: Path) -> None:
    """Let the owner write into a copy: of a read-only tree nothing could be changed, built, or removed."""
    for folder, _, names in os.walk(tree):
        for path in (Path(folder), *(Path(folder, name) for name in names)):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (stat.S_IRWXU if path.is_dir() else stat.S_IWUSR))


def _first_reason(error: OSError) -> str:
    """Tell why the first file was not copied: `shutil.Error` lists source, target and reason of each."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        return str(error.args[0][0][-1])[:200]
    return str(error)[:200]


def tree_hash(tree: Path) -> str:
    """The SHA-256 of all names and contents of a tree, without `.git`."""
    digest = hashlib.sha256()
    for path in sorted(tree.rglob("*")):
        name = path.relative_to(tree).as_posix()
        if name == ".git" or name.startswith(".git/") or path.is_dir():
            continue
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def asked_standard(log: str) -> int | None:
    """Tell which C++ standard the headers asked for in a build that failed; `tests/data/build/cxx20.log` is a sample.

    >>> asked_standard("ATen.h:9:2: error: #error C++20 or later compatible compiler is required to use ATen.")
    20
    """
    found = _ASKS.search(log)
    return int(found[1]) if found else None


def raise_standard(tree: Path, standard: int) -> tuple[str, ...]:
    """Let the build scripts of a copied tree ask for that C++ standard; gives the files that were changed."""
    changed = []
    made = tree / "build"
    scripts = {path for pattern in _SCRIPTS for path in tree.rglob(pattern) if made not in path.parents}
    for path in sorted(scripts):
        text = path.read_bytes().decode("utf-8", "surrogateescape") if path.is_file() and not path.is_symlink() else ""
        raised = _STANDARD.sub(rf"\g<flag>{standard}", text)
        raised = _CMAKE_STANDARD.sub(rf"\g<name>{standard}", raised)
        if raised != text:
            path.write_bytes(raised.encode("utf-8", "surrogateescape"))
            changed.append(path.relative_to(tree).as_posix())
    return tuple(changed)
