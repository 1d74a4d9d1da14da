"""The pins that other installers get follow the last committed change, and go back with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.install.change import change
from gpuenv.install.constraints import parse_constraints
from gpuenv.install.recorded import read_recorded_state
from gpuenv.install.recovery import recover
from gpuenv.install.state import constraints_of
from gpuenv.install.undo import undo
from support.meddling import furnish, meddle
from support.small_environments import read_small

if TYPE_CHECKING:
    from pathlib import Path


def committed(root: Path, *pins: str) -> None:
    with change(root) as ongoing:
        (root / "bin" / f"of-{'-'.join(pins)}").write_text("")
        ongoing.commit(pins=pins or None)


def test_pins_follow_changes_and_undos(root: Path) -> None:
    committed(root, "torch==2.0")
    committed(root, "torch==2.1", "torchvision==0.2")
    assert constraints_of(root).read_text() == "torch==2.1\ntorchvision==0.2\n"
    for expected in ("torch==2.0\n", "torch==2.1\ntorchvision==0.2\n", "torch==2.0\n"):
        assert undo(root).status == "done"
        assert constraints_of(root).read_text() == expected


def test_a_change_that_says_nothing_of_pins_leaves_them(root: Path) -> None:
    committed(root, "torch==2.0")
    committed(root)
    assert constraints_of(root).read_text() == "torch==2.0\n"


def test_a_change_that_fails_leaves_the_pins(root: Path) -> None:
    committed(root, "torch==2.0")
    with change(root):
        pass
    assert constraints_of(root).read_text() == "torch==2.0\n"


def test_pins_that_a_kill_left_behind_are_brought_up_to_date(root: Path) -> None:
    committed(root, "torch==2.0")
    constraints_of(root).write_text("torch==1.0\n")
    assert not recover(root)
    assert constraints_of(root).read_text() == "torch==2.0\n"


def test_only_exact_pins_are_read() -> None:
    text = "torch==2.15.0+cu130\nonnx-runtime===1.2\n# left out on purpose: onnxruntime\n"
    assert parse_constraints(text) == {"torch": "2.15.0+cu130", "onnx-runtime": "1.2"}


def test_what_a_change_left_is_read_back(root: Path) -> None:
    furnish(root)
    with change(root) as ongoing:
        meddle(root)
        ongoing.commit(pins=("New==1.0",))
    state = read_recorded_state(read_small(root))
    assert state is not None
    assert (state.pins, state.versions) == ({"new": "1.0"}, {"new": "1.0", "other": "1.0"})
    assert sorted(state.installed_at) == ["new", "other"]


def test_of_an_environment_that_gpuenv_never_changed_nothing_is_recorded(root: Path) -> None:
    assert read_recorded_state(read_small(furnish(root))) is None


def test_damaged_records_count_as_none(root: Path) -> None:
    committed(root, "torch==2.0")
    (root / ".gpuenv" / "changes" / "0001" / "outcome.jsonl").write_text("[")
    assert read_recorded_state(read_small(root)) is None
