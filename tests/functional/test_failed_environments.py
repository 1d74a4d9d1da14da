"""A new environment that fails is removed, or left for study where that was asked for; its logs can be read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.fault_world import World
from support.warm_process import WarmStart

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")


def test_a_new_environment_that_fails_is_gone_and_its_log_is_not(tmp_path: Path) -> None:
    with WarmStart() as warm:
        world = World(tmp_path, warm)
        root = tmp_path / "env"
        with world.index() as server:
            ran = world.start("create-on-cpu", root, server).wait()
        assert ran.exit_code == 3
        assert not root.exists()
        settled = ran.envelope["errors"][-1]
        assert settled["code"] == "new-environment-removed"
        log = Path(ran.envelope["data"]["log"])
        look, again = settled["hints"]
        assert look == f"tail {log}"
        assert again.startswith("gpuenv install --keep-failed ")
        assert "gpuenv diagnose" not in ran.stdout
        assert "torch" in log.read_text()


def test_a_new_environment_that_fails_is_kept_for_study_where_asked_for(tmp_path: Path) -> None:
    with WarmStart() as warm:
        world = World(tmp_path, warm)
        root = tmp_path / "env"
        with world.index() as server:
            ran = world.start("create-on-cpu", root, server, options=("--keep-failed",)).wait()
            assert ran.exit_code == 3
            assert ran.envelope["errors"][-1]["code"] == "failed-environment-kept"
            assert ran.envelope["errors"][-1]["hints"] == [f"rm -r {root}"]
            assert (root / "pyvenv.cfg").exists()
            undone = world.start("undo", root, server).wait()
            assert [error["code"] for error in undone.envelope["errors"]] == ["nothing-to-undo"]
