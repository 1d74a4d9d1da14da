"""The engine uv: where its binary is, what reaches it from outside, and the arguments of its commands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.platform import Platform

_REACHES_UV: Final = frozenset(
    {
        "UV_CACHE_DIR",
        "UV_CONCURRENT_BUILDS",
        "UV_CONCURRENT_DOWNLOADS",
        "UV_CONCURRENT_INSTALLS",
        "UV_CONFIG_FILE",
        "UV_CREDENTIALS_DIR",
        "UV_DEFAULT_INDEX",
        "UV_EXCLUDE_NEWER",
        "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS",
        "UV_HTTP_CONNECT_TIMEOUT",
        "UV_HTTP_RETRIES",
        "UV_HTTP_TIMEOUT",
        "UV_INDEX",
        "UV_INDEX_STRATEGY",
        "UV_INDEX_URL",
        "UV_INSECURE_HOST",
        "UV_KEYRING_PROVIDER",
        "UV_LINK_MODE",
        "UV_LOCK_TIMEOUT",
        "UV_NATIVE_TLS",
        "UV_NO_CACHE",
        "UV_NO_CONFIG",
        "UV_NO_INDEX",
        "UV_PYTHON_INSTALL_DIR",
        "UV_REQUEST_TIMEOUT",
        "UV_SYSTEM_CERTS",
    }
)
"""uv's own variables that say where packages come from and how; the others could redirect or alter a plan
(`UV_TORCH_BACKEND`, `UV_SYSTEM_PYTHON`, `UV_PROJECT`, `UV_CONSTRAINT`, ...)."""

_INDEX_CREDENTIALS: Final = re.compile(r"UV_INDEX_\w+_(USERNAME|PASSWORD)")

_REDIRECTING: Final = re.compile(
    r"(UV|PIP|PYTHON|CONDA|VIRTUAL_ENV)(_.*)?|PYTHON[A-Z]+|__PYVENV_LAUNCHER__"
    r"|(CLI)?COLOR.*|FORCE_COLOR|RUST_LOG|COLUMNS|LINES"
)
"""Variables that choose an environment, a folder or a setting for uv, pip or a Python, or change what they print: at
the width that `COLUMNS` states, errors are wrapped, and would not be known again."""

_FIXED: Final = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}

_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]+@")

_TRIPLES: Final = {
    "linux-x86_64": "x86_64-unknown-linux-gnu",
    "linux-aarch64": "aarch64-unknown-linux-gnu",
    "windows-x86_64": "x86_64-pc-windows-msvc",
    "macos-arm64": "aarch64-apple-darwin",
}

_MANYLINUX_MINORS: Final = (17, 28, *range(31, 41))
"""Minor versions of glibc 2 that uv has target names for (uv 0.9 to 0.13)."""


def find_uv(environ: Mapping[str, str]) -> Path:
    """Find the binary: the one of the `uv` wheel, else the one on PATH. Raises `uv-not-found`."""
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - an environment may carry gpuenv without the wheel's binary

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv", path=environ.get("PATH"))
    if found is None:
        raise GpuenvError("uv-not-found")
    return Path(found)


def engine_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out of the variables what would redirect the engine.

    Certificates, proxies, caches and uv's index variables with their credentials pass; all of pip's variables stay
    out, since `project` has translated them.

    >>> engine_environment({"PATH": "/bin", "UV_TORCH_BACKEND": "auto", "PYTHONPATH": "x", "COLUMNS": "80"})
    {'PATH': '/bin', 'UV_PYTHON_DOWNLOADS': 'never', 'UV_NO_PROGRESS': '1', 'NO_COLOR': '1'}
    """
    passed = {name: value for name, value in environ.items() if _passes(name)}
    return passed | _FIXED


def _passes(name: str) -> bool:
    if name in _REACHES_UV or _INDEX_CREDENTIALS.fullmatch(name):
        return True
    return _REDIRECTING.fullmatch(name) is None


def without_credentials(text: str) -> str:
    """Replace user names and passwords in URLs.

    >>> without_credentials("GET https://user:secret@host/simple")
    'GET https://****@host/simple'
    """
    return _CREDENTIALS.sub("****@", text)


def compile_argv(
    uv: Path,
    inputs: Sequence[Path],
    *,
    python: Path,
    target: Sequence[str],
    indexes: Sequence[str],
    constraints: Sequence[str],
    excludes: Sequence[str] = (),
    only_binary: Sequence[str],
    with_hashes: bool,
    is_offline: bool,
    as_pylock: bool = False,
) -> tuple[str, ...]:
    """`uv pip compile` for a described or present machine; the pins go to standard output."""
    return (
        str(uv),
        *("pip", "compile", "--no-header", "--no-annotate"),
        *(str(path) for path in inputs),
        *("--python", str(python)),
        *target,
        *(argument for path in constraints for argument in ("--constraints", path)),
        *(argument for path in excludes for argument in ("--excludes", path)),
        *(argument for project in only_binary for argument in ("--only-binary", project)),
        *(("--generate-hashes",) if with_hashes else ()),
        *(("--format", "pylock.toml") if as_pylock else ()),
        *indexes,
        *(("--offline",) if is_offline else ()),
    )


def files_argv(uv: Path, project: Path, *, python: Path, indexes: Sequence[str], as_pylock: bool) -> tuple[str, ...]:
    """`uv pip compile` of exact versions out of the cache, for what the index pages say of their files."""
    return (
        *(str(uv), "pip", "compile", "--no-header", "--no-annotate", "--no-deps", "--offline"),
        *(str(project), "--python", str(python)),
        *(("--format", "pylock.toml") if as_pylock else ("--generate-hashes",)),
        *indexes,
    )


def cache_argv(uv: Path) -> tuple[str, ...]:
    """`uv cache dir`."""
    return (str(uv), "cache", "dir")


def find_python_argv(uv: Path, choice: str) -> tuple[str, ...]:
    """`uv python find`: the interpreter that `uv venv` would take, outside of any environment."""
    return (str(uv), "python", "find", "--no-project", "--system", choice)


def install_argv(
    uv: Path,
    inputs: Sequence[Path],
    *,
    python: Path,
    constraints: Sequence[str],
    indexes: Sequence[str],
    is_offline: bool,
    is_dry: bool = False,
) -> tuple[str, ...]:
    """`uv pip install` of exactly what the inputs name."""
    return (
        str(uv),
        *("pip", "install", "--no-deps", "--python", str(python)),
        *(argument for path in inputs for argument in ("--requirements", str(path))),
        *(argument for path in constraints for argument in ("--constraints", path)),
        *indexes,
        *(("--offline",) if is_offline else ()),
        # Into an empty folder: what the environment has is replaced, and has to be in the cache all the same.
        # (`--reinstall` would say so too, but takes the whole cache for out of date.)
        *(("--dry-run", "--target", str(inputs[0].parent / "nothing")) if is_dry else ()),
    )


def uninstall_argv(uv: Path, projects: Sequence[str], *, python: Path) -> tuple[str, ...]:
    """`uv pip uninstall` of these projects."""
    return (str(uv), "pip", "uninstall", "--python", str(python), *projects)


def venv_argv(uv: Path, root: Path, *, python: str | None) -> tuple[str, ...]:
    """`uv venv` into a folder that may hold gpuenv's records already."""
    choice = ("--python", python) if python else ()
    return (str(uv), "venv", "--no-project", "--allow-existing", *choice, str(root))


def pip_argv(uv: Path, root: Path, *, indexes: Sequence[str], is_offline: bool) -> tuple[str, ...]:
    """`uv pip install pip` into a new environment; `uv venv --seed` would bring more into old Pythons."""
    offline = ("--offline",) if is_offline else ()
    return (str(uv), "pip", "install", "--python", str(root), *indexes, *offline, "pip")


def target_arguments(platform: Platform, python_version: str) -> tuple[str, ...]:
    """Name a described machine to `uv pip compile`.

    The newest manylinux target that uv knows and the machine's glibc reaches.
    """
    triple = _TRIPLES[platform.name]
    glibc = platform.effective_glibc
    if glibc is not None:
        reached = max(minor for minor in _MANYLINUX_MINORS if (2, minor) <= max(glibc, (2, 17)))
        triple = f"{triple.partition('-')[0]}-manylinux_2_{reached}"
    return ("--python-platform", triple, "--python-version", python_version.rstrip("t"))
