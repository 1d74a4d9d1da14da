"""What engines tell of their downloads is read from what they print; the samples are uv's 0.13.8 and pip's 26.3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from gpuenv.install.engines.pip_output import PipOutput
from gpuenv.install.engines.pseudo_terminal import IS_AVAILABLE, run_drawing
from gpuenv.install.engines.uv_output import UvOutput, parse_size
from gpuenv.models.progress import Reporter
from support.small_environments import python_of
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.index_server import IndexServer

SAMPLES = Path(__file__).parent.parent / "data" / "install"
BIG, OTHER = 12_006_195, 4_005_560
"""What uv draws, in whole bytes: 11.45 MiB and 3.82 MiB."""


class Listener(Reporter):
    """Writes down what it hears of downloads."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, int | None]] = []

    def download(self, package: str, done_bytes: int, total_bytes: int | None) -> None:
        self.heard.append((package, done_bytes, total_bytes))


def test_begin_and_end_of_downloads_are_taken_out_of_plain_lines() -> None:
    listener, lines = Listener(), list[str]()
    output = UvOutput(listener, lines.append)
    text = (SAMPLES / "uv-downloading.txt").read_text()
    for line in text.splitlines():
        output.line(line)
    big, other = parse_size("11.4MiB"), parse_size("3.8MiB")
    assert listener.heard == [
        ("big", 0, big),
        ("other-one", 0, other),
        ("other-one", other, other),
        ("big", big, big),
    ]
    assert lines == text.splitlines()


@pytest.mark.parametrize("length", [5, 64, 100_000], ids=lambda length: f"{length}-at-once")
def test_every_byte_that_is_drawn_is_heard_of_and_lines_come_clean(length: int) -> None:
    listener, lines = Listener(), list[str]()
    output = UvOutput(listener, lines.append)
    text = (SAMPLES / "uv-drawing.txt").read_bytes().decode()
    for start in range(0, len(text), length):
        output.drawing(text[start : start + length])
    for label, total in (("big", BIG), ("other-one", OTHER)):
        done = [heard[1] for heard in listener.heard if heard[0] == label]
        assert done == sorted(done)
        assert done[-1] == total
        assert len(done) > 3
    assert [line for line in lines if line.startswith(" + ")] == [" + big==1.0", " + other-one==1.0", " + small==1.0"]
    assert all(line.isprintable() for line in lines)


@pytest.mark.skipif(not IS_AVAILABLE, reason="Windows has no pseudo terminals that Python could open")
def test_the_real_uv_tells_of_its_downloads_on_a_terminal(
    root: Path, server: IndexServer, environ: Mapping[str, str], wheels: Path
) -> None:
    content = bytes(range(256)) * 8192
    wheel = make_wheel(wheels, "large", "1.0", files={"large/__init__.py": "", "large/data.bin": content * 2})
    server.add(wheel, "pypi")
    listener, lines = Listener(), list[str]()
    output = UvOutput(listener, lines.append)
    ran = run_drawing(
        (
            *(find_uv_bin(), "pip", "install", "--no-cache", "--python", str(python_of(root))),
            *("--default-index", server.simple_url, "large"),
        ),
        env={**environ, "TERM": "xterm", "NO_COLOR": "1"},
        on_text=output.drawing,
        cwd=root,
        pass_fds=(),
    )
    assert ran.exit_code == 0, ran.stdout
    assert " + large==1.0" in lines
    assert {package for package, _, _ in listener.heard} <= {"large"}


def test_pip_tells_of_its_downloads_by_lines_of_their_own() -> None:
    listener, lines = Listener(), list[str]()
    output = PipOutput(listener, lines.append)
    for line in (SAMPLES / "pip-downloading.txt").read_text().splitlines():
        output.line(line)
    total = listener.heard[0][2]
    assert total is not None
    assert listener.heard == [("big", 0, total), ("big", 262_144, total), ("big", total, total)]
    assert "Successfully installed big-1.0" in lines
    assert not [line for line in lines if line.startswith("Progress")]


@pytest.mark.parametrize(
    ("text", "size"), [("7 B", 7), ("2.5MiB", 2_621_440), ("1.02 GiB", round(1.02 * 2**30)), ("44.5 KiB", 45_568)]
)
def test_sizes_are_read_in_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size
