"""A change is committed whole or leaves no trace, wherever it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import ChangeInterruptedError, GpuenvError, RollbackFailedError
from gpuenv.install.change import change
from gpuenv.install.occupancy import occupied
from gpuenv.install.recovery import recover, unfinished
from support.killing import killed_at
from support.meddling import PROJECTS, WAYS, furnish, meddle, take_way
from support.small_environments import make_venv, picture, site_packages_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def furnished(root: Path) -> Path:
    """An environment with two packages."""
    return furnish(root)


def changed(root: Path) -> None:
    with change(root) as ongoing:
        meddle(root)
        ongoing.commit()


def test_a_change_that_is_not_committed_is_put_back(furnished: Path) -> None:
    before = picture(furnished)
    with change(furnished) as ongoing:
        meddle(furnished)
        assert picture(furnished) != before
    assert ongoing.fate == "rolled-back"
    assert picture(furnished) == before
    assert not list((furnished / ".gpuenv").rglob("snapshot"))


def test_a_change_that_is_committed_stays_and_keeps_one_snapshot(furnished: Path) -> None:
    changed(furnished)
    after = picture(furnished)
    with change(furnished) as ongoing:
        (furnished / "bin" / "more").write_text("")
        ongoing.commit()
    assert (ongoing.fate, recover(furnished)) == ("committed", False)
    assert picture(furnished).keys() - after.keys() == {"bin/more"}
    assert [path.name for path in (furnished / ".gpuenv" / "changes").iterdir()] == ["0002"]


def test_older_snapshots_that_a_kill_after_the_commit_left_go_with_the_next_run(
    furnished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(furnished)

    def work() -> None:
        with change(furnished) as ongoing:
            monkeypatch.setattr("gpuenv.install.change.discard", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            ongoing.commit()

    assert killed_at(10_000, work)
    changes = furnished / ".gpuenv" / "changes"
    assert sorted(path.name for path in changes.iterdir()) == ["0001", "0002"]
    assert not recover(furnished)
    assert [path.name for path in changes.iterdir()] == ["0002"]


def test_a_change_that_fails_keeps_the_undo_of_the_one_before(furnished: Path) -> None:
    changed(furnished)
    with change(furnished):
        (furnished / "bin" / "more").write_text("")
    assert [path.name for path in (furnished / ".gpuenv" / "changes").iterdir()] == ["0001"]


@pytest.mark.parametrize("error", [ValueError("x"), GpuenvError("x"), KeyboardInterrupt()])
def test_an_exception_passes_through_after_the_way_back(furnished: Path, error: BaseException) -> None:
    before = picture(furnished)

    def fail() -> None:
        with change(furnished):
            meddle(furnished)
            raise error

    with pytest.raises(type(error)):
        fail()
    assert picture(furnished) == before


def test_sigterm_puts_back_and_is_told_from_ctrl_c(furnished: Path) -> None:
    before = picture(furnished)

    def terminated() -> None:
        with change(furnished):
            meddle(furnished)
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()

    with pytest.raises(ChangeInterruptedError) as caught:
        terminated()
    assert (caught.value.exit_code, caught.value.change.fate) == (143, "rolled-back")
    assert picture(furnished) == before
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_data_files_outside_the_trees_go_and_come_back_with_their_distribution(furnished: Path) -> None:
    before = picture(furnished)
    with change(furnished):
        meddle(furnished)
        (furnished / "config" / "deep").mkdir()
        (furnished / "config" / "deep" / "new.toml").write_text("")
        (furnished / "notes.txt").write_text("the user's own, written meanwhile")
        with (site_packages_of(furnished) / "new-1.0.dist-info" / "RECORD").open("a") as record:
            record.write("../../../config/deep/new.toml,,\n../../../../outside,,\n")
    after = picture(furnished)
    assert after.pop("notes.txt")
    assert after == before


def test_a_new_environment_that_fails_is_removed(tmp_path: Path, environ: Mapping[str, str]) -> None:
    root = tmp_path / "new"
    with change(root, is_new=True) as ongoing:
        make_venv_inside(root, environ)
        (root / ".gpuenv" / "logs").mkdir()
        (root / ".gpuenv" / "logs" / "0001.log").write_text("what happened")
    assert ongoing.fate == "removed"
    assert not root.exists()
    assert ongoing.log_folder is not None
    assert (ongoing.log_folder / "0001.log").read_text() == "what happened"
    shutil.rmtree(ongoing.log_folder)


def make_venv_inside(root: Path, environ: Mapping[str, str]) -> None:
    made = make_venv(root.parent / "made", environ)
    for path in made.iterdir():
        path.rename(root / path.name)


def test_a_new_environment_in_a_folder_of_the_user_leaves_the_folder(
    tmp_path: Path, environ: Mapping[str, str]
) -> None:
    root = tmp_path / "mine"
    root.mkdir()
    (root / "README").write_text("mine")
    with change(root, is_new=True):
        make_venv_inside(root, environ)
    assert picture(root).keys() == {"README"}
    assert not (root / ".gpuenv").exists()


def test_a_new_environment_that_fails_can_be_kept_for_study(tmp_path: Path, environ: Mapping[str, str]) -> None:
    root = tmp_path / "new"
    with change(root, is_new=True, keep_failed=True) as ongoing:
        make_venv_inside(root, environ)
    assert (ongoing.fate, recover(root)) == ("kept", False)
    assert (root / "pyvenv.cfg").exists()


def test_two_runs_do_not_meet_in_one_environment(furnished: Path) -> None:
    with occupied(furnished), pytest.raises(GpuenvError) as caught, occupied(furnished, wait_s=0.2):
        pass
    assert caught.value.code == "environment-busy"
    assert caught.value.context["process"] == str(os.getpid())
    with occupied(furnished, wait_s=0):
        pass


def test_an_engine_that_outlives_its_gpuenv_still_holds_the_environment(furnished: Path) -> None:
    with change(furnished) as ongoing:
        engine = subprocess.Popen(["sleep", "60"], pass_fds=ongoing.pass_fds)
    try:
        with pytest.raises(GpuenvError, match="environment-busy"), occupied(furnished, wait_s=0):
            pass
    finally:
        engine.kill()
        engine.wait()
    with occupied(furnished, wait_s=0):
        pass


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_an_environment_that_cannot_be_written_is_refused_before_anything(furnished: Path) -> None:
    furnished.chmod(0o555)
    try:
        with pytest.raises(GpuenvError, match="environment-not-writable"), change(furnished):
            pass
    finally:
        furnished.chmod(0o755)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_back_leads_to_the_state_before(furnished: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    before = picture(furnished)
    take_way(way, monkeypatch)
    with change(furnished, projects=PROJECTS):
        meddle(furnished)
    assert picture(furnished) == before


@pytest.mark.parametrize("stride", [pytest.param(4, id="some"), pytest.param(1, id="all", marks=pytest.mark.slow)])
@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_kill_9_at_any_operation_leaves_the_old_state_or_the_new_one(
    furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, stride: int, *, commits: bool
) -> None:
    before = picture(furnished)
    template = tmp_path / "template"
    shutil.copytree(furnished, template, symlinks=True)
    planned = planned_picture(template, tmp_path)
    take_way(way, monkeypatch)

    def work() -> None:
        with change(furnished, projects=PROJECTS) as ongoing:
            meddle(furnished)
            if commits:
                ongoing.commit(pins=("new==1.0",))

    outcomes: list[bool] = []
    while True:
        shutil.rmtree(furnished)
        shutil.copytree(template, furnished, symlinks=True)
        was_killed = killed_at(stride * len(outcomes), work)
        found = unfinished(furnished)
        assert recover(furnished) == found
        assert not unfinished(furnished)
        after = picture(furnished)
        assert after in (before, planned), f"neither state after a kill at operation {stride * len(outcomes)}"
        outcomes.append(after == planned)
        if not was_killed:
            break
    assert stride * len(outcomes) > 30
    assert outcomes == sorted(outcomes), "the old state first, the new one from the commit on"
    assert outcomes[-1] is commits


def planned_picture(template: Path, tmp_path: Path) -> dict[str, tuple[str, str]]:
    copy = tmp_path / "planned"
    shutil.copytree(template, copy, symlinks=True)
    meddle(copy)
    return picture(copy)


@pytest.mark.parametrize("way", WAYS)
def test_kill_9_during_the_recovery_is_recovered_from_as_well(
    furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    before = picture(furnished)
    take_way(way, monkeypatch)

    def work() -> None:
        with change(furnished, projects=PROJECTS):
            meddle(furnished)
            os.kill(os.getpid(), signal.SIGKILL)

    assert killed_at(10_000, work)
    assert picture(furnished) != before
    template = tmp_path / "template"
    # Hard links stay hard links: they are what tells the files that are the same in both.
    subprocess.run(["cp", "-a", furnished, template], check=True)
    operation = 0
    while killed_at(operation, lambda: recover(furnished)):
        recover(furnished)
        assert picture(furnished) == before, f"after a kill at operation {operation} of the recovery"
        shutil.rmtree(furnished)
        subprocess.run(["cp", "-a", template, furnished], check=True)
        operation += 3
    assert operation > 10
    assert picture(furnished) == before


def test_a_way_back_that_is_refused_says_so_and_can_be_gone_later(
    furnished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture(furnished)
    rename = os.rename

    def refuse(source: str, target: str) -> None:
        if "set-aside/lib" in str(target):
            raise PermissionError(13, "Permission denied", str(source))
        rename(source, target)

    def fail() -> None:
        with change(furnished):
            meddle(furnished)
            monkeypatch.setattr(os, "rename", refuse)

    with pytest.raises(RollbackFailedError) as caught:
        fail()
    monkeypatch.undo()
    assert (caught.value.code, caught.value.exit_code) == ("rollback-failed", 5)
    assert caught.value.context["environment"] == str(furnished)
    assert recover(furnished)
    assert picture(furnished) == before


def test_a_snapshot_that_cannot_be_taken_stops_everything(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = picture(furnished)

    def refuse(*_paths: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copy2", refuse)
    with pytest.raises(GpuenvError, match="snapshot-failed"), change(furnished):
        pytest.fail("nothing may be changed without a snapshot")
    assert picture(furnished) == before
    assert not recover(furnished)
