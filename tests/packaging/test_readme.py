"""What README.md shows is what happens, and docs/zh.md says the same in Chinese."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gpuenv.cli.commands import COMMANDS
from gpuenv.cli.main import command_parser

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "docs" / "zh.md").read_text(encoding="utf-8")
ERROR = ROOT / "tests" / "data" / "readme" / "error.txt"
PROMPT = "    $ "
COMMAND = re.compile(r"(?:^    (?:\$ )?|`)(?P<command>gpuenv (?!COMMAND)[^`#\n]+)", re.MULTILINE)


def shown(page: str) -> dict[str, list[str]]:
    """List the commands with a prompt, each with the lines that it is said to print."""
    found: dict[str, list[str]] = {}
    printed: list[str] | None = None
    for line in page.splitlines():
        if line.startswith(PROMPT):
            printed = found.setdefault(line.removeprefix(PROMPT), [])
        elif line.startswith("    ") and printed is not None:
            printed.append(line[4:])
        else:
            printed = None
    return found


def commands(text: str) -> list[str]:
    """List every command that a page names, comments and placeholders taken off."""
    named = (found["command"].strip() for found in COMMAND.finditer(text))
    return [command.replace("\\|", "|") for command in named]


def verbs(text: str) -> set[str]:
    return {command.split()[1] for command in commands(text)}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", shown(README))
def test_a_command_prints_what_is_shown_below_it(command: str, language: str, tmp_path: Path) -> None:
    page = {"en": README, "zh": CHINESE}[language]
    shutil.copy(ERROR, tmp_path)
    inherited = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    ran = subprocess.run(
        [sys.executable, "-m", "gpuenv", *shlex.split(command)[1:]],
        cwd=tmp_path,
        env={
            **inherited,
            "GPUENV_CACHE_DIR": str(tmp_path / "cache"),
            "GPUENV_DATA_DIR": str(tmp_path / "data"),
            "GPUENV_GPUS": "none",
            "GPUENV_LANG": language,
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    here = ".".join(map(str, sys.version_info[:2]))
    assert [line.replace(f"--python {here}", "--python 3.12") for line in ran.stdout.splitlines()] == shown(page)[
        command
    ]


@pytest.mark.parametrize("page", [README, CHINESE], ids=["English", "Chinese"])
def test_every_command_that_is_named_is_understood(page: str) -> None:
    known = {command.name for command in COMMANDS}
    for command in commands(page):
        words = shlex.split(command)[1:]
        assert words[0] in known
        if not re.search(r"\[|\||CMD|PATH|FILE", command):
            command_parser(words[0]).parse_args(words[1:])


@pytest.mark.parametrize("page", ["README.md", "docs/zh.md"])
def test_every_file_that_is_linked_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert [link for link in links if link and not (ROOT / page).parent.joinpath(link).exists()] == []
    assert [script for script in re.findall(r"\./(scripts/\S+\.sh)", text) if not (ROOT / script).exists()] == []


def test_the_first_screen_says_how_to_get_it_and_what_to_type() -> None:
    screen = "\n".join(README.splitlines()[:24])
    for needed in ("no kernel image is available", "gpuenv install", "gpuenv diagnose", "gpuenv undo", "docs/zh.md"):
        assert needed in screen


def test_the_chinese_page_has_the_same_parts_and_commands() -> None:
    assert CHINESE.count("\n## ") == README.count("\n## ")
    assert verbs(CHINESE) == verbs(README) == {command.name for command in COMMANDS}
    examples = {command for command in commands(README) if "--" in command and "[" not in command}
    assert examples - set(commands(CHINESE)) == set()
