"""However often Ctrl-C comes, and whenever: an answer, never a traceback."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

import pytest

from gpuenv.cli import main as cli
from gpuenv.errors import ChangeInterruptedError, SettledChange
from gpuenv.install.interruption import ignore_from_now_on
from support.in_process import gpuenv_here as gpuenv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """Give this process its handlers back, for an interrupted command ignores what follows."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("times", [1, 2])
def test_one_more_before_the_first_is_told_changes_nothing(
    times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = SettledChange(fate="rolled-back", environment=str(tmp_path / "env"), log=None)
    calls: list[int] = []

    def interrupted(*_: object, **__: object) -> NoReturn:
        raise ChangeInterruptedError(130, settled)

    def ignored() -> None:
        calls.append(1)
        if len(calls) < times:
            raise KeyboardInterrupt
        ignore_from_now_on()

    monkeypatch.setattr(cli, "_run", interrupted)
    monkeypatch.setattr(cli, "ignore_from_now_on", ignored)
    ran = gpuenv("install", "--json", cwd=tmp_path)
    assert (ran.exit_code, ran.envelope["status"]) == (130, "rolled-back")
    assert [error["code"] for error in ran.envelope["errors"]] == ["interrupted", "environment-as-before"]
