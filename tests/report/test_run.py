# ruff: noqa: RUF001 - quotation marks are what this is about
from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uv import find_uv_bin

from gpuenv.report.run import assignments
from support.fake_torch import make_environment
from support.torch_environment import install_into

if TYPE_CHECKING:
    from pathlib import Path

AWKWARD = "a b'c\"d$HOME`id`\\n!\\ ;é‘"
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


def shell_values(shell: str, text: str, names: list[str]) -> list[str]:
    """Evaluate assignments in a real shell and read the variables of a process that it starts."""
    reader = f"import os; print(ascii([os.environb[name.encode()] for name in {names!r}]))"
    ran = subprocess.run(
        [shell, "-c", f'{text}\n"{sys.executable}" -I -c "$READER"'],
        check=True,
        capture_output=True,
        env={"READER": reader, "PATH": os.environ["PATH"]},
    )
    return [value.decode() for value in ast.literal_eval(ran.stdout.decode())]


@pytest.mark.parametrize("shell", [found for found in ("sh", "bash", "dash", "zsh") if shutil.which(found)])
def test_a_posix_shell_sets_exactly_these_values(shell: str) -> None:
    values = {"PLAIN": "8.6;12.0", "AWKWARD": AWKWARD, "TEXT": "one\ntwo\n", "EMPTY": ""}
    assert shell_values(shell, assignments(values, "sh"), list(values)) == list(values.values())


@pytest.mark.parametrize("shell", [found for found in ("sh", "zsh", "fish") if shutil.which(found)])
@given(values=st.lists(VALUES, min_size=5, max_size=5))
@settings(max_examples=10, deadline=None)
def test_any_value_survives_a_shell(shell: str, values: list[str]) -> None:
    named = {f"VALUE{place}": value for place, value in enumerate(values)}
    text = assignments(named, "fish" if shell == "fish" else "sh")
    assert shell_values(shell, text, list(named)) == values


def test_fish_escapes_quotes_and_backslashes_and_splits_only_the_path() -> None:
    assert assignments({"PATH": "/env/bin:/bin", "AWKWARD": r"it's a \ and $x"}, "fish") == (
        "set -gx --path PATH '/env/bin:/bin'\nset -gx AWKWARD 'it\\'s a \\\\ and $x'\n"
    )


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_sets_exactly_these_values() -> None:
    values = {
        "PLAIN": "8.6;12.0",
        "AWKWARD": AWKWARD,
        "LINES": "one\ntwo\n",
        "EMPTY": "",
        "PATH": f"/my env/bin:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": "/my env/lib:/usr/local/cuda/lib64",
    }
    assert shell_values("fish", assignments(values, "fish"), list(values)) == list(values.values())


def test_powershell_doubles_every_quotation_mark_it_knows() -> None:
    assert assignments({"PATH": r"C:\env\Scripts;C:\Win", "AWKWARD": "it's ‘so’ $x"}, "powershell") == (
        "$Env:PATH = 'C:\\env\\Scripts;C:\\Win'\n$Env:AWKWARD = 'it''s ‘‘so’’ $x'\n"
    )


def test_dotenv_quotes_only_what_must_be() -> None:
    values = {
        "PLAIN": "/env/bin:/bin",
        "LIST": "8.6;12.0",
        "QUOTE": "it's $x",
        "TEXT": "a\nb",
        "FOLDER": "C:\\a b\\",
        "EMPTY": "",
    }
    assert assignments(values, "dotenv") == (
        "PLAIN=/env/bin:/bin\nLIST='8.6;12.0'\nQUOTE=\"it's \\$x\"\nTEXT='a\nb'\nFOLDER=\"C:\\\\a b\\\\\"\nEMPTY=''\n"
    )


DOTENV = {
    "PLAIN": "/env/bin:/bin",
    "LIST": "8.6;12.0",
    "AWKWARD": AWKWARD.replace("'", ""),
    "APOSTROPHE": '/home/o\'neill/a "b" #1',
    "TEXT": "one\ntwo\n",
    "FOLDER": "C:\\a b\\",
    "SHARE": r"\\server\new\table",
    "EMPTY": "",
}


def test_uv_reads_dotenv_lines_as_the_same_values(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(assignments(DOTENV, "dotenv"), encoding="utf-8", newline="")
    script = f"import os; print(ascii([os.environ.get(name) for name in {list(DOTENV)!r}]))"
    ran = subprocess.run(
        [
            *(find_uv_bin(), "run", "-q", "--no-project", "--no-config", "--offline", "--env-file", tmp_path / ".env"),
            *("--python", sys.executable, "python", "-I", "-c", script),
        ],
        check=True,
        capture_output=True,
        env={"HOME": str(tmp_path)},
    )
    assert ast.literal_eval(ran.stdout.decode()) == list(DOTENV.values())


@pytest.mark.network
def test_python_dotenv_reads_dotenv_lines_as_the_same_values(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env", None)
    complaint = install_into(python, "python-dotenv")
    if complaint:
        pytest.skip(f"python-dotenv cannot be had: {complaint}")
    (tmp_path / ".env").write_text(assignments(DOTENV, "dotenv"), encoding="utf-8", newline="")
    script = "import dotenv, sys; print(ascii(dict(dotenv.dotenv_values(sys.argv[1]))))"
    ran = subprocess.run([python, "-I", "-c", script, tmp_path / ".env"], check=True, capture_output=True)
    assert ast.literal_eval(ran.stdout.decode()) == DOTENV


def test_a_posix_shell_reads_dotenv_lines_as_the_same_values() -> None:
    values = {**DOTENV, "AWKWARD": AWKWARD}
    text = f"set -a\n{assignments(values, 'dotenv')}"
    assert shell_values("sh", text, list(values)) == list(values.values())
