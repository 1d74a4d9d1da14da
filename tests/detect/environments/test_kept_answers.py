"""What an interpreter said of itself is kept between runs, and holds only while nothing of it has changed."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.environment import read_environment
from gpuenv.detect.environments import kept_answers
from gpuenv.detect.environments.interpreter import TIMEOUT_S, ask_interpreter, read_interpreter
from gpuenv.detect.environments.kept_answers import interpreter_facts
from gpuenv.errors import GpuenvError
from gpuenv.models.surroundings import Surroundings
from support.small_environments import make_venv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the layout of a venv on POSIX")
LATER = datetime.now(tz=timezone.utc) + timedelta(minutes=5)


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    """A minute after everything was made."""
    environ = {"PATH": os.environ["PATH"], "GPUENV_CACHE_DIR": str(tmp_path / "cache")}
    return Surroundings(environ=environ, cwd=tmp_path, home=tmp_path, now=LATER)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_venv(tmp_path / "env", os.environ)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The interpreters that were asked."""
    pythons: list[Path] = []

    def noted(python: Path, environ: Mapping[str, str], *, timeout_s: float = TIMEOUT_S) -> str:
        pythons.append(python)
        return read_interpreter(python, environ, timeout_s=timeout_s)

    monkeypatch.setattr(kept_answers, "read_interpreter", noted)
    return pythons


def site_packages(root: Path) -> Path:
    return root / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def test_an_interpreter_is_asked_once_and_says_the_same(
    root: Path, surroundings: Surroundings, asked: list[Path]
) -> None:
    python = root / "bin" / "python"
    answers = [interpreter_facts(python, surroundings) for _ in range(3)]
    assert answers == [ask_interpreter(python, surroundings.environ)] * 3
    assert asked == [python]


@pytest.mark.parametrize(
    "what", ["pyvenv.cfg", "a package", "a new .pth", "an edited .pth", "the program", "a library path"]
)
def test_it_is_asked_again_after_a_change_of_what_its_answer_rests_on(
    root: Path, surroundings: Surroundings, asked: list[Path], what: str
) -> None:
    python, folder = root / "bin" / "python", site_packages(root)
    (folder / "there.pth").write_text("# nothing\n", encoding="utf-8")
    interpreter_facts(python, surroundings)
    match what:
        case "pyvenv.cfg":
            (root / what).write_text((root / what).read_text(encoding="utf-8") + "more = 1\n", encoding="utf-8")
        case "a package":
            (folder / "package").mkdir()
        case "a new .pth":
            (folder / "new.pth").touch()
        case "an edited .pth":
            (folder / "there.pth").write_text("# something else\n", encoding="utf-8")
        case "the program":
            target = python.resolve()
            python.unlink()
            python.write_text(f'#!/bin/sh\nexec "{target}" "$@"\n', encoding="utf-8")
            python.chmod(0o755)
        case _:
            environ = {**surroundings.environ, "LD_LIBRARY_PATH": str(root)}
            surroundings = replace(surroundings, environ=environ)
    interpreter_facts(python, surroundings)
    assert asked == [python, python]


def test_another_environment_gets_an_answer_of_its_own(
    root: Path, tmp_path: Path, surroundings: Surroundings, asked: list[Path]
) -> None:
    other = make_venv(tmp_path / "other", os.environ)
    found = [interpreter_facts(folder / "bin" / "python", surroundings).prefix for folder in (root, other, root)]
    assert found == [root, other, root]
    assert asked == [root / "bin" / "python", other / "bin" / "python"]


def test_what_changed_a_moment_ago_may_change_again_unseen(
    root: Path, surroundings: Surroundings, asked: list[Path]
) -> None:
    soon = replace(surroundings, now=datetime.now(tz=timezone.utc))
    (site_packages(root) / "new.pth").touch()
    for _ in range(2):
        interpreter_facts(root / "bin" / "python", soon)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"[]", b'{"rests_on": 1}', b"\xff", b"[" * 200_000], ids=lambda damage: repr(damage[:9])
)
def test_a_damaged_file_is_made_anew(
    root: Path, surroundings: Surroundings, asked: list[Path], tmp_path: Path, damage: bytes
) -> None:
    python = root / "bin" / "python"
    first = interpreter_facts(python, surroundings)
    (kept,) = (tmp_path / "cache" / "interpreters").iterdir()
    kept.write_bytes(damage)
    assert [interpreter_facts(python, surroundings) for _ in range(2)] == [first, first]
    assert len(asked) == 2


def test_what_others_can_write_is_not_believed(
    root: Path, surroundings: Surroundings, asked: list[Path], tmp_path: Path
) -> None:
    python = root / "bin" / "python"
    first = interpreter_facts(python, surroundings)
    (kept,) = (tmp_path / "cache" / "interpreters").iterdir()
    kept.write_bytes(kept.read_bytes().replace(str(root).encode(), b"/elsewhere"))
    kept.chmod(0o606)
    assert interpreter_facts(python, surroundings) == first
    assert len(asked) == 2


def test_an_environment_whose_base_python_went_is_told_as_gone_though_it_answered_before(
    root: Path, surroundings: Surroundings
) -> None:
    read_environment(root, surroundings=surroundings)
    python = root / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/bin/python")
    with pytest.raises(GpuenvError) as caught:
        read_environment(root, surroundings=surroundings)
    assert caught.value.code == "environment-python-gone"
