"""Undo goes back one change, says what others changed since, and can itself be undone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from gpuenv.errors import GpuenvError
from gpuenv.install.change import change
from gpuenv.install.recovery import recover
from gpuenv.install.state import constraints_of
from gpuenv.install.undo import undo
from gpuenv.models.execution import UndoRecord, VersionChange
from support.killing import killed_at
from support.meddling import PROJECTS, WAYS, furnish, meddle, refuse_links, take_way
from support.small_environments import picture, python_of, site_packages_of, versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.index_server import IndexServer


def uv_install(root: Path, server: IndexServer, environ: Mapping[str, str], *requirements: str) -> None:
    subprocess.run(
        [
            *(find_uv_bin(), "pip", "install", "-q", "--no-deps", "--python", str(python_of(root))),
            *("--default-index", server.simple_url, *requirements),
        ],
        check=True,
        env=dict(environ),
    )


@pytest.fixture
def upgraded(root: Path, server: IndexServer, environ: Mapping[str, str]) -> Path:
    """An environment with dep 1.0, in which one change brought dep 2.0 and torch."""
    uv_install(root, server, environ, "dep==1.0")
    with change(root) as ongoing:
        uv_install(root, server, environ, "dep==2.0", "torch==2.0")
        ongoing.commit()
    return root


UNDONE = (
    VersionChange(project="dep", before="2.0", after="1.0"),
    VersionChange(project="torch", before="2.0", after=None),
)
REDONE = (
    VersionChange(project="dep", before="1.0", after="2.0"),
    VersionChange(project="torch", before=None, after="2.0"),
)


def test_undo_goes_back_and_undo_of_undo_forth(root: Path, server: IndexServer, environ: Mapping[str, str]) -> None:
    uv_install(root, server, environ, "dep==1.0")
    before = picture(root)
    with change(root) as ongoing:
        uv_install(root, server, environ, "dep==2.0", "torch==2.0")
        ongoing.commit()
    after = picture(root)
    assert undo(root) == UndoRecord(status="done", changes=UNDONE)
    assert picture(root) == before
    assert undo(root) == UndoRecord(status="done", changes=REDONE)
    assert picture(root) == after
    assert undo(root) == UndoRecord(status="done", changes=UNDONE)
    assert picture(root) == before


def test_an_environment_that_gpuenv_never_changed_has_nothing_to_undo(root: Path) -> None:
    assert undo(root) == UndoRecord(status="nothing-to-undo")
    assert not (root / ".gpuenv").exists()


def test_imports_since_do_not_stand_in_the_way(upgraded: Path, environ: Mapping[str, str]) -> None:
    subprocess.run([python_of(upgraded), "-c", "import torch, dep"], check=True, env=dict(environ))
    assert list(upgraded.rglob("torch/__pycache__/*.pyc"))
    assert undo(upgraded).status == "done"
    assert versions(upgraded) == {"dep": "1.0"}


def test_what_others_installed_since_is_named_and_nothing_is_undone(
    upgraded: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    uv_install(upgraded, server, environ, "dep==1.0", "other")
    patched = site_packages_of(upgraded) / "torch" / "__init__.py"
    patched.unlink()  # uv's cache has the same file
    patched.write_text("patched by hand\n")
    before = picture(upgraded)
    assert undo(upgraded) == UndoRecord(
        status="changed-since",
        since=(
            VersionChange(project="dep", before="2.0", after="1.0"),
            VersionChange(project="other", before=None, after="1.0"),
        ),
        files_since=(f"{site_packages_of(upgraded).relative_to(upgraded).as_posix()}/torch/__init__.py",),
    )
    assert picture(upgraded) == before


def test_changes_since_can_be_given_up_and_had_back(
    upgraded: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    uv_install(upgraded, server, environ, "other")
    assert undo(upgraded, discard_changes=True).status == "done"
    assert versions(upgraded) == {"dep": "1.0"}
    assert undo(upgraded).status == "done"
    assert versions(upgraded) == {"dep": "2.0", "other": "1.0", "torch": "2.0"}


def test_a_change_that_was_killed_is_put_back_and_no_more(
    upgraded: Path,
) -> None:
    after = picture(upgraded)

    def work() -> None:
        with change(upgraded):
            shutil.rmtree(site_packages_of(upgraded) / "dep")
            os.kill(os.getpid(), signal.SIGKILL)

    assert killed_at(10_000, work)
    assert undo(upgraded) == UndoRecord(status="recovered")
    assert picture(upgraded) == after
    assert undo(upgraded).status == "done"
    assert versions(upgraded) == {"dep": "1.0"}


def test_a_new_environment_is_undone_and_comes_back(tmp_path: Path, root: Path) -> None:
    new = tmp_path / "new"
    with change(new, is_new=True) as ongoing:
        for path in root.iterdir():
            path.rename(new / path.name)
        ongoing.commit()
    after = picture(new)
    assert undo(new).status == "done"
    assert not (new / "bin").exists()
    assert undo(new).status == "done"
    assert picture(new) == after


@pytest.mark.parametrize("way", WAYS)
def test_every_way_leads_there_and_back(root: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    before = picture(furnish(root))
    take_way(way, monkeypatch)
    with change(root, projects=PROJECTS) as ongoing:
        meddle(root)
        ongoing.commit(pins=("new==1.0",))
    after = picture(root)
    for state, pins in ((before, None), (after, "new==1.0\n"), (before, None)):
        assert undo(root).status == "done"
        assert picture(root) == state
        assert (constraints_of(root).read_text() if constraints_of(root).exists() else None) == pins


@pytest.mark.parametrize("way", WAYS)
def test_kill_9_during_an_undo_leaves_one_state_or_the_other(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    before = picture(furnish(root))
    take_way(way, monkeypatch)
    with change(root, projects=PROJECTS) as ongoing:
        meddle(root)
        ongoing.commit(pins=("new==1.0",))
    after = picture(root)
    template = tmp_path / "template"
    subprocess.run(["cp", "-a", root, template], check=True)
    outcomes: list[bool] = []
    while killed_at(3 * len(outcomes), lambda: undo(root)):
        recover(root)
        assert picture(root) in (before, after), f"neither state after a kill at operation {3 * len(outcomes)}"
        outcomes.append(picture(root) == before)
        assert constraints_of(root).exists() is not outcomes[-1]
        assert undo(root).status == "done"
        assert picture(root) == (after if outcomes[-1] else before)
        shutil.rmtree(root)
        subprocess.run(["cp", "-a", template, root], check=True)
    assert len(outcomes) > 3
    assert outcomes == sorted(outcomes)


def test_what_was_not_copied_and_changed_since_cannot_be_undone_and_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = site_packages_of(furnish(root)) / "other" / "module.py"
    edited.write_text("")
    with (site_packages_of(root) / "other-1.0.dist-info" / "RECORD").open("a") as record:
        record.write("other/module.py,,\n")
    refuse_links(monkeypatch)
    with change(root, projects=PROJECTS) as ongoing:
        meddle(root)
        ongoing.commit()
    edited.with_name("new.py").write_text("new")
    assert undo(root, discard_changes=True).status == "done"  # what is new since simply goes
    assert undo(root).status == "done"
    assert edited.with_name("new.py").exists()
    edited.write_text("edited since")
    after = picture(root)
    assert undo(root).status == "changed-since"
    with pytest.raises(GpuenvError) as caught:
        undo(root, discard_changes=True)
    assert (caught.value.code, caught.value.context["packages"]) == ("undo-incomplete", "other==1.0")
    assert caught.value.context["files"] == (edited.relative_to(root).as_posix(),)
    assert picture(root) == after


def test_what_was_proven_of_another_state_is_forgotten(upgraded: Path) -> None:
    proven = upgraded / ".gpuenv" / "verification.json"
    proven.write_text("{}")
    assert undo(upgraded).status == "done"
    assert not proven.exists()
    proven.write_text("{}")
    with change(upgraded):
        pass
    assert proven.exists(), "the state is the one that was proven"
    with change(upgraded) as ongoing:
        ongoing.commit()
    assert not proven.exists()


def test_records_that_somebody_broke_ask_for_consent(upgraded: Path) -> None:
    (upgraded / ".gpuenv" / "changes" / "0001" / "outcome.jsonl").write_text("[")
    assert undo(upgraded).files_since == (".gpuenv/changes/0001/outcome.jsonl",)
    assert undo(upgraded, discard_changes=True).status == "done"


def test_without_its_snapshot_a_change_cannot_be_undone(root: Path) -> None:
    furnish(root)
    with change(root) as ongoing:
        meddle(root)
        ongoing.commit(pins=("new==1.0",), keeps_snapshot=False)
    assert undo(root).status == "nothing-to-undo"
    assert constraints_of(root).read_text() == "new==1.0\n"
    assert not list((root / ".gpuenv").rglob("snapshot"))


def test_kill_9_during_an_undo_is_finished_by_the_next_run(upgraded: Path, tmp_path: Path) -> None:
    after = picture(upgraded)
    template = tmp_path / "template"
    shutil.copytree(upgraded, template, symlinks=True)
    assert undo(upgraded).status == "done"
    before = picture(upgraded)
    outcomes: list[bool] = []
    while True:
        shutil.rmtree(upgraded)
        shutil.copytree(template, upgraded, symlinks=True)
        was_killed = killed_at(len(outcomes), lambda: undo(upgraded))
        recover(upgraded)
        now = picture(upgraded)
        assert now in (before, after), f"neither state after a kill at operation {len(outcomes)}"
        outcomes.append(now == before)
        if not was_killed:
            break
        assert undo(upgraded).status == "done"
        assert picture(upgraded) == (after if outcomes[-1] else before)
    assert len(outcomes) > 10
    assert outcomes == sorted(outcomes)
