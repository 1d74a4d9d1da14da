# ruff: noqa: RUF001 - quotation marks are what this is about
from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuenv.report.run import assignments

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
    return [value.decode() for value in eval(ran.stdout)]  # noqa: S307 - printed by the line above


@pytest.mark.parametrize("shell", [found for found in ("sh", "bash", "dash", "zsh") if shutil.which(found)])
def test_a_posix_shell_sets_exactly_these_values(shell: str) -> None:
    values = {"PLAIN": "8.6;12.0", "AWKWARD": AWKWARD, "LINES": "one\ntwo\n", "EMPTY": ""}
    assert shell_values(shell, assignments(values, "sh"), list(values)) == list(values.values())


@given(value=VALUES)
@settings(max_examples=25, deadline=None)
def test_any_value_survives_a_posix_shell(value: str) -> None:
    assert shell_values("sh", assignments({"VALUE": value}, "sh"), ["VALUE"]) == [value]


def test_fish_escapes_quotes_and_backslashes_and_splits_only_the_path() -> None:
    assert assignments({"PATH": "/env/bin:/bin", "AWKWARD": r"it's a \ and $x"}, "fish") == (
        "set -gx --path PATH '/env/bin:/bin'\nset -gx AWKWARD 'it\\'s a \\\\ and $x'\n"
    )


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_sets_exactly_these_values() -> None:
    values = {"PLAIN": "8.6;12.0", "AWKWARD": AWKWARD}
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
        "LINES": "a\nb",
        "FOLDER": "C:\\a b\\",
        "EMPTY": "",
    }
    assert assignments(values, "dotenv") == (
        "PLAIN=/env/bin:/bin\n"
        "LIST='8.6;12.0'\n"
        'QUOTE="it\'s \\$x"\n'
        'LINES="a\\nb"\n'
        'FOLDER="C:\\\\a b\\\\"\n'
        "EMPTY=''\n"
    )


def test_a_posix_shell_reads_dotenv_lines_as_the_same_values() -> None:
    values = {"PLAIN": "/env/bin:/bin", "LIST": "8.6;12.0", "AWKWARD": AWKWARD, "FOLDER": "C:\\a b\\", "EMPTY": ""}
    text = f"set -a\n{assignments(values, 'dotenv')}"
    assert shell_values("sh", text, list(values)) == list(values.values())
