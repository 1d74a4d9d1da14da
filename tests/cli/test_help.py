"""What `--help` shows fits a terminal, names every option, and its examples are commands that are understood."""

from __future__ import annotations

import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from gpuenv.cli.commands import ALIASES, COMMANDS
from gpuenv.cli.examples import EXAMPLES
from gpuenv.cli.main import command_parser, main, overview

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = [command.name for command in COMMANDS]
WIDTH = 80


def shown(arguments: Sequence[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    with suppress(SystemExit):
        assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


@pytest.mark.parametrize("arguments", [[], ["help"], ["-h"], ["--help"]], ids=" ".join)
def test_without_a_command_both_groups_are_shown(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = shown(arguments, capsys, monkeypatch)
    assert text == overview()
    assert [line for line in text.splitlines() if line.endswith(":")] == ["daily:", "looking closer:"]
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  ")] == NAMES
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize("name", NAMES)
def test_help_of_a_command_fits_and_names_every_option(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = shown([name, "--help"], capsys, monkeypatch)
    assert [line for line in text.splitlines() if len(line) > WIDTH] == []
    assert text.startswith(f"usage: gpuenv {name} ")
    options = [option for action in command_parser(name)._actions for option in action.option_strings]
    assert [option for option in options if option not in text] == []
    assert {"--json", "-q", "-v"} < set(options)
    assert all(action.help for action in command_parser(name)._actions)


@pytest.mark.parametrize("name", [*NAMES, *ALIASES])
def test_help_can_be_asked_for_the_other_way_round(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(["help", name], capsys, monkeypatch) == shown([name, "--help"], capsys, monkeypatch)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_command_are_understood(name: str) -> None:
    for command, _ in EXAMPLES[name]:
        program, verb, *arguments = shlex.split(command)
        assert (program, verb) == ("gpuenv", name)
        command_parser(name).parse_args(arguments)
