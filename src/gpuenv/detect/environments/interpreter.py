"""Asks an environment's interpreter what it is: version, platform, folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gpuenv.errors import GpuenvError
from gpuenv.models.platform import PythonVersion
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S: Final = 10.0
"""Long enough for an interpreter on a slow disk, whose environment is about to be changed."""

_MARK: Final = "gpuenv-interpreter:"
"""Before our line: `.pth` files of the environment may print what they like."""

QUESTION: Final = f"""
import json, sys, sysconfig
print({_MARK!r} + json.dumps({{
    "version": list(sys.version_info[:2]),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "implementation": sys.implementation.name,
    "is_64bit": sys.maxsize > 2**32,
    "prefix": sys.prefix,
    "base_prefix": sys.base_prefix,
    "stdlib": sysconfig.get_path("stdlib"),
    "purelib": sysconfig.get_path("purelib"),
    "platlib": sysconfig.get_path("platlib"),
    "relocatable": bool(sysconfig.get_config_var("PYTHON_BUILD_STANDALONE"))
    or sysconfig.get_config_var("prefix") == "/install",
    "outer": [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))],
}}))
"""
"""What it is asked, as a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterFacts:
    """What an interpreter says of itself."""

    version: PythonVersion
    prefix: Path
    base_prefix: Path
    stdlib: Path
    purelib: Path
    platlib: Path
    is_64bit: bool
    is_relocatable: bool = False
    """A build of python-build-standalone, which can be unpacked anywhere."""
    outer: tuple[Path, ...] = ()
    """The package folders of the base Python that a venv with `--system-site-packages` sees too."""

    @property
    def is_virtual(self) -> bool:
        """Whether it belongs to a venv."""
        return self.prefix != self.base_prefix


def ask_interpreter(python: Path, environ: Mapping[str, str]) -> InterpreterFacts:
    """Run the interpreter once, isolated from user folders and PYTHON variables.

    Raises `environment-python-fails` where it does not start, does not answer in time or is no CPython.
    """
    return parse_interpreter(python, read_interpreter(python, environ))


def read_interpreter(python: Path, environ: Mapping[str, str], *, timeout_s: float = TIMEOUT_S) -> str:
    """Run the question: the interpreter's whole output."""
    from gpuenv import process  # noqa: PLC0415 - not where the answer is known

    try:
        ran = process.run([str(python), "-I", "-c", QUESTION], env=environ, timeout_s=timeout_s)
    except GpuenvError as error:
        raise GpuenvError("environment-python-fails", python=str(python), detail=str(error)) from error
    if ran.timed_out:
        raise GpuenvError("environment-python-fails", python=str(python), detail=f"no answer in {timeout_s:g} s")
    if not ran.succeeded:
        complaint = ran.stderr.strip().splitlines() or [f"exit code {ran.exit_code}"]
        raise GpuenvError("environment-python-fails", python=str(python), detail=complaint[-1])
    return ran.stdout


def parse_interpreter(python: Path, text: str) -> InterpreterFacts:
    """Read the answer out of the output.

    gpuenv-interpreter:{"version": [3, 12], "free_threaded": false, "implementation": "cpython", ...}
    """
    line = next((line for line in text.splitlines() if line.startswith(_MARK)), None)
    told: dict[str, Any] = json.loads(line.removeprefix(_MARK)) if line else {}
    if told.get("implementation") != "cpython":
        detail = f"it is {told['implementation']}" if told else "it answered nothing"
        raise GpuenvError("environment-python-fails", python=str(python), detail=detail)
    major, minor = told["version"]
    return InterpreterFacts(
        version=PythonVersion(major=major, minor=minor, free_threaded=told["free_threaded"]),
        prefix=Path(told["prefix"]),
        base_prefix=Path(told["base_prefix"]),
        stdlib=Path(told["stdlib"]),
        purelib=Path(told["purelib"]),
        platlib=Path(told["platlib"]),
        is_64bit=told["is_64bit"],
        is_relocatable=told["relocatable"],
        outer=tuple(Path(path) for path in told["outer"] if path not in {told["purelib"], told["platlib"]}),
    )
