"""What the code as a whole holds itself to: a quick start, and pieces that are read in one go."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gpuenv
from gpuenv.cli.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAVY = ("requests", "rich", "pynvml", "elftools", "tomlkit", "importlib.metadata")
SOURCE = Path(gpuenv.__file__).parent
LONGEST_MODULE = 300
LONGEST_FUNCTION = 45
"""Lines of a body, from its first statement after the docstring to its last."""


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_help_of_a_command_imports_no_heavy_library(name: str) -> None:
    script = (
        "import sys\n"
        "from gpuenv.cli.main import main\n"
        "try:\n"
        f"    main([{name!r}, '--help'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


def test_no_module_is_longer_than_can_be_read_in_one_go() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    assert {_shown(path): count for path, count in lines.items() if count > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_can_be_read_in_one_go() -> None:
    lengths = {
        f"{_shown(path)}:{function.lineno} {function.name}": _body_lines(function)
        for path in SOURCE.rglob("*.py")
        for function in _functions(path)
    }
    assert {name: count for name, count in lengths.items() if count > LONGEST_FUNCTION} == {}


def test_a_docstring_and_parameters_do_not_count_as_the_body_of_a_function() -> None:
    text = 'def f(\n    a,\n    b,\n):\n    """Says much.\n\n    On lines.\n    """\n    c = a\n    return c + b\n'
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert _body_lines(function) == 2


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    statements = function.body if ast.get_docstring(function) is None else function.body[1:]
    return ((statements[-1].end_lineno or 0) - statements[0].lineno + 1) if statements else 0


def _shown(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()
