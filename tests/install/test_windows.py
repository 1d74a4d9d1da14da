"""What Windows does to an environment in use, put in through the calls that it would refuse: not run on Windows."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import RollbackFailedError
from gpuenv.install.change import change
from gpuenv.install.recovery import recover
from gpuenv.install.undo import undo
from support.meddling import PROJECTS, furnish, hold_folders, meddle
from support.small_environments import make_venv, picture, python_of, site_packages_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the calls are refused by the tests, not by Windows")


class SharingViolationError(PermissionError):
    """`WindowsError: [WinError 32]`: the file is in use by another process."""

    winerror = 32


def hold(monkeypatch: pytest.MonkeyPatch, *files: Path) -> None:
    """Let these files be in use: Windows renames and deletes neither them nor a folder above them."""
    hold_folders(monkeypatch)
    held = {str(file) for file in files}
    rename, unlink = os.rename, os.unlink

    def refuse_rename(source: str, target: str) -> None:
        if str(source) in held or str(target) in held:
            raise SharingViolationError(errno.EACCES, "The process cannot access the file", str(source))
        rename(source, target)

    def refuse_unlink(path: str, **options: int) -> None:
        if str(path) in held:
            raise SharingViolationError(errno.EACCES, "The process cannot access the file", str(path))
        unlink(path, **options)

    monkeypatch.setattr(os, "rename", refuse_rename)
    monkeypatch.setattr(os, "replace", refuse_rename)
    monkeypatch.setattr(os, "unlink", refuse_unlink)


def test_a_library_in_use_that_did_not_change_is_no_obstacle(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = picture(furnish(root))
    with change(root, projects=PROJECTS) as ongoing:
        meddle(root)
        hold(monkeypatch, site_packages_of(root) / "other" / "__init__.py")
    assert ongoing.fate == "rolled-back"
    assert picture(root) == before


def test_a_library_in_use_that_changed_is_named_with_its_program(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = picture(furnish(root))
    library = site_packages_of(root) / "new" / "__init__.py"
    holders: list[subprocess.Popen[str]] = []

    def fail() -> None:
        with change(root, projects=PROJECTS):
            meddle(root)
            script = "import sys, time; held = open(sys.argv[1]); print('open', flush=True); time.sleep(60)"
            holder = subprocess.Popen([sys.executable, "-c", script, library], stdout=subprocess.PIPE, text=True)
            holders.append(holder)
            assert holder.stdout is not None
            holder.stdout.readline()
            hold(monkeypatch, library)

    with pytest.raises(RollbackFailedError) as caught:
        fail()
    (holder,) = holders
    holder.kill()
    holder.communicate()
    monkeypatch.undo()
    context = dict(caught.value.context)
    programs = context.pop("programs")
    assert (caught.value.code, caught.value.exit_code) == ("rollback-blocked", 5)
    assert context == {"environment": str(root), "file": str(library)}
    assert isinstance(programs, tuple)
    assert [program.rpartition(" ")[2] for program in programs] == [f"({holder.pid})"]
    # All else is back already; with the program closed the rest follows.
    assert picture(root).keys() - before.keys() == {
        library.parent.relative_to(root).as_posix(),
        library.relative_to(root).as_posix(),
    }
    assert undo(root).status == "recovered"
    assert picture(root) == before


def test_programs_that_run_from_the_environment_stay_where_they_are(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = furnish(root) / "bin" / "gpuenv"
    program.write_text("#!/bin/sh\n")
    running = (program, python_of(root))
    before, numbers = picture(root), [path.lstat().st_ino for path in running]
    with change(root, projects=PROJECTS) as ongoing:
        hold(monkeypatch, *running)
        meddle(root)
        ongoing.commit()
    after = picture(root)
    assert undo(root).status == "done"
    assert picture(root) == before
    assert undo(root).status == "done"
    assert picture(root) == after
    assert [path.lstat().st_ino for path in running] == numbers


def test_a_long_path_that_is_not_ascii_goes_there_and_back(tmp_path: Path, environ: Mapping[str, str]) -> None:
    root = tmp_path / "显卡 环境 ü" / ("长" * 60) / ("x" * 120)
    root.parent.mkdir(parents=True)
    furnish(make_venv(root, environ))
    odd = site_packages_of(root) / "old" / "模型 名称.py"
    odd.write_text("")
    before = picture(root)
    with change(root, projects=PROJECTS) as ongoing:
        meddle(root)
        ongoing.commit()
    after = picture(root)
    for state in (before, after, before):
        assert undo(root).status == "done"
        assert picture(root) == state
    assert not recover(root)


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_console_that_cannot_show_a_path_gets_a_stand_in(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    root = tmp_path / "环境 🚀"
    root.mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "gpuenv", "undo", "--venv", root, *arguments],
        env={"PATH": os.environ.get("PATH", ""), "PYTHONIOENCODING": "cp936", "GPUENV_LANG": "zh", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1
    shown = (ran.stdout + ran.stderr).decode("cp936")
    assert "Traceback" not in shown
    if arguments:  # JSON escapes what the console cannot show, and loses nothing
        assert "环境 🚀" in json.loads(shown)["errors"][0]["message"]
    else:
        assert "环境 ?" in shown
