"""The PowerShell script: it parses, and does what the shell script does."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from support.checkout import ROOT

SCRIPT = ROOT / "scripts" / "bootstrap.ps1"


def test_it_parses_in_powershell() -> None:
    shell = shutil.which("pwsh") or shutil.which("powershell")
    if shell is None:
        pytest.skip("there is no PowerShell here")
    parse = f"""
        $errors = $null
        [System.Management.Automation.Language.Parser]::ParseFile('{SCRIPT}', [ref] $null, [ref] $errors) | Out-Null
        $errors | ForEach-Object {{ $_.Message }}
        exit $errors.Count
    """
    done = subprocess.run([shell, "-NoProfile", "-Command", parse], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_bracket_is_closed() -> None:
    code = re.sub(r"'[^']*'|\"[^\"]*\"|(?m:#.*$)", "", SCRIPT.read_text())
    opened: list[str] = []
    pairs = {")": "(", "]": "[", "}": "{"}
    for character in code:
        if character in pairs.values():
            opened.append(character)
        elif character in pairs:
            assert opened.pop() == pairs[character]
    assert opened == []


def test_it_is_ascii_because_windows_powershell_reads_files_in_the_code_page_of_the_machine() -> None:
    assert SCRIPT.read_bytes().isascii()


def test_no_argument_of_a_native_program_holds_a_double_quote() -> None:
    """Windows PowerShell hands them on without."""
    for argument in re.findall(r"'[^'\n]*'", SCRIPT.read_text()):
        assert '"' not in argument


def test_it_ends_with_the_same_command_as_the_shell_script() -> None:
    command = "-m gpuenv install --target auto --venv .venv"
    assert f'"$env_python" {command} "$@"' in (ROOT / "scripts" / "bootstrap.sh").read_text()
    assert f"& $toolPython {command} @given\nexit $LASTEXITCODE\n" in SCRIPT.read_text()
