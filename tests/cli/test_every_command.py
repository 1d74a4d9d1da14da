"""What holds for every command: languages, consoles, colours, quiet and talkative runs."""

from __future__ import annotations

import contextlib
import io
import re
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpuenv.cli.commands import COMMANDS
from gpuenv.cli.main import main
from gpuenv.report.messages.labels import MESSAGES as LABELS
from support.in_process import gpuenv_here

if TYPE_CHECKING:
    from support.command import Ran

MACHINE = ("--target", "gtx-1080-ti", "--driver", "580.95.05", "--platform", "linux-x86_64", "--python", "3.12")
RUNS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "torch", "--offline", *MACHINE),
    "plan with -v": ("plan", "app:gpt-sovits", "--offline", "-v", *MACHINE),
    "conflict": ("plan", "torch>=2.15", "--offline", *MACHINE),
    "why": ("plan", "--why", "torch==2.15.0", "--offline", *MACHINE),
    "install": ("install", "torch", "--offline"),
    "lock": ("lock", "torch>=2.15", "--offline", *MACHINE),
    "log": ("diagnose", "--log", "error.txt"),
    "check-up": ("diagnose", "--venv", "env"),
    "undo": ("undo", "--venv", "env"),
    "variables": ("run", "--venv", "env", "--print", "sh"),
    "no program": ("run", "--venv", "env", "--", "no-such-program"),
    "machine": ("detect", "-v", "--venv", "env"),
    "verify": ("verify", "--venv", "env", "--target", "cpu"),
    "inspect": ("inspect", "kit.so", "--target", "rtx-5090"),
    "build": ("build", "nowhere", "--venv", "env"),
    "matrices": ("matrix", "list"),
    "matrix": ("matrix", "show"),
    "capability": ("matrix", "show", "--arch", "sm_50"),
    "release": ("matrix", "show", "--torch", "2.14"),
    "applications": ("matrix", "show", "--app"),
    "application": ("matrix", "show", "--app", "gpt-sovits"),
    "wrong option": ("plan", "--targt", "x"),
    "wrong command": ("instal",),
}
DATA = re.compile(r"\[[^\]]*\]|--[a-z]+|`[^`]*`|evidence|https?://\S+|/\S+")
"""Codes, commands, sources and paths: the same in every language."""
ENGLISH = re.compile(
    r"\b(?:the|is|are|not|by|newer|with|needs|error|warning|hint|way out|target|chosen|covers|driver|keeps out|proves|"
    r"sets|machine|package|compute capability|confidence|passed|skipped|native|library)\b"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import _ctypes  # noqa: PLC0415 - a native library that every Python has

    made = tmp_path_factory.mktemp("every")
    venv.create(made / "env", with_pip=False)
    (made / "kit.so").write_bytes(Path(_ctypes.__file__).read_bytes())
    (made / "error.txt").write_text("AssertionError: Torch not compiled with CUDA enabled\n", encoding="utf-8")
    return made


def places(folder: Path) -> dict[str, str]:
    return {
        "GPUENV_GPUS": "none",
        "GPUENV_CACHE_DIR": str(folder / "cache"),
        "GPUENV_DATA_DIR": str(folder / "data"),
    }


def run(name: str, folder: Path, *more: str, **environ: str) -> Ran:
    verb, *rest = RUNS[name]
    return gpuenv_here(verb, *more, *rest, cwd=folder, environ={**places(folder), **environ})


def test_every_command_is_among_these_runs() -> None:
    assert {arguments[0] for arguments in RUNS.values()} - {"instal"} == {command.name for command in COMMANDS}


@pytest.mark.parametrize("name", RUNS)
def test_a_reader_of_chinese_gets_no_english_label_or_sentence(name: str, folder: Path) -> None:
    ran = run(name, folder, GPUENV_LANG="zh")
    written = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
    if name != "variables":
        assert any("\u4e00" <= letter <= "\u9fff" for line in written for letter in line)
    labels = {message.en.strip() for message in LABELS.values() if message.en != message.zh and "{" not in message.en}
    begins = [line for line in written if line.strip().partition("  ")[0] in labels]
    # The commands of hints, and the words of the error text and of application rows, are quoted.
    ours = [
        line
        for line in written
        if not re.match(rf"\s*(?:{LABELS['label-hint'].zh}|export|gpuenv |AssertionError)", line)
    ]
    said = [line for line in ours if ENGLISH.search(DATA.sub("", line)) and name not in {"why", "applications"}]
    assert (begins, said) == ([], [])


@pytest.mark.parametrize("encoding", ["ascii", "cp936", "cp1252"])
@pytest.mark.parametrize("name", RUNS)
def test_no_console_is_too_narrow_for_what_is_said(
    name: str, encoding: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for variable, value in {**places(folder), "GPUENV_LANG": "zh"}.items():
        monkeypatch.setenv(variable, value)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        exit_code = main(list(RUNS[name]))
    assert exit_code == run(name, folder, GPUENV_LANG="zh").exit_code
    assert stdout.errors == stderr.errors == "replace"


@pytest.mark.parametrize("name", RUNS)
def test_what_is_piped_has_no_colours_and_quiet_leaves_only_errors(name: str, folder: Path) -> None:
    plain = run(name, folder)
    assert "\x1b" not in plain.stdout + plain.stderr
    if "-v" in RUNS[name] or name == "wrong command":
        return
    quiet = run(name, folder, "-q")
    assert quiet.exit_code == plain.exit_code
    kinds = [line.partition(":")[0] for line in quiet.stderr.splitlines() if not line.startswith("  ")]
    assert set(kinds) <= {"error"}
    assert ("error" in kinds) == (" error: " in f" {plain.stderr}".replace("\n", " "))


@pytest.mark.parametrize("name", ["plan", "conflict", "machine", "log"])
def test_colour_comes_where_it_is_forced_and_no_color_forbids_it(name: str, folder: Path) -> None:
    forced = run(name, folder, FORCE_COLOR="1")
    assert "\x1b[" in forced.stdout + forced.stderr
    forbidden = run(name, folder, FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b" not in forbidden.stdout + forbidden.stderr
    assert forbidden.stdout == re.sub(r"\x1b\[[\d;]*m", "", forced.stdout)


@pytest.mark.parametrize("name", ["plan", "machine", "release"])
def test_talkative_says_at_least_as_much(name: str, folder: Path) -> None:
    bare = tuple(word for word in RUNS[name] if word != "-v")
    environ = {"GPUENV_GPUS": "none"}
    short = gpuenv_here(*bare, cwd=folder, environ=environ)
    long = gpuenv_here(*bare, "-v", cwd=folder, environ=environ)
    assert set(short.stdout.splitlines()) - set(long.stdout.splitlines()) <= {
        line for line in short.stdout.splitlines() if "-v" in line
    }
    assert (len(long.stdout) > len(short.stdout)) == (name != "release")
