"""Downloads are shown as they go on at a terminal, and by their begin and end elsewhere."""

from __future__ import annotations

import io
import re

from rich.console import Console

from gpuenv.report.downloads import LiveDownloads, Milestones
from gpuenv.report.sizes import shown_size
from gpuenv.report.terminal import Terminal, TerminalReporter

MIB = 2**20


class Screen(io.StringIO):
    """A terminal that remembers everything that was written to it."""

    def isatty(self) -> bool:
        return True


def terminal(stderr: io.StringIO, *, verbosity: int = 0) -> Terminal:
    return Terminal(stdout=io.StringIO(), stderr=stderr, environ={}, language="en", verbosity=verbosity)


def test_elsewhere_a_download_is_a_line_at_its_begin_and_one_at_its_end() -> None:
    lines: list[str] = []
    shown = Milestones(lines.append, "en")
    for done in (0, 10 * MIB, 64 * MIB, 64 * MIB):
        shown.progress("torch", done, 64 * MIB)
    shown.progress("sympy", 0, None)
    assert lines == ["downloading torch (64 MiB)", "downloaded torch", "downloading sympy (?)"]


def test_at_a_terminal_each_download_has_a_line_with_its_rate_and_goes_when_it_is_complete() -> None:
    screen = Screen()
    shown = LiveDownloads(
        lambda: Console(file=screen, force_terminal=True, width=120, color_system=None, legacy_windows=False)
    )
    shown.progress("torch", 0, 64 * MIB)
    shown.progress("triton", 5 * MIB, 32 * MIB)
    shown.progress("torch", 32 * MIB, 64 * MIB)
    shown.close()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert re.search(r"torch +.*32\.0/64\.0 MiB", text)
    assert re.search(r"triton +.*5\.0/32\.0 MiB", text)
    shown.progress("torch", 64 * MIB, 64 * MIB)
    written = screen.getvalue()
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")  # the cursor is there again


def test_only_a_person_at_a_terminal_gets_live_lines() -> None:
    assert TerminalReporter(terminal(Screen())).is_live
    assert not TerminalReporter(terminal(Screen(), verbosity=-1)).is_live
    plain = io.StringIO()
    reporter = TerminalReporter(terminal(plain))
    assert not reporter.is_live
    reporter.download("torch", 0, 3 * 2**30)
    reporter.progress("reading", 1, 2)
    reporter.downloads_over()
    assert plain.getvalue() == "downloading torch (3.0 GiB)\n"


def test_sizes_have_one_to_four_digits() -> None:
    assert [shown_size(size) for size in (0, 1023, 1536, 1000 * 2**20, 5 * 2**40)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "1000 MiB",
        "5.0 TiB",
    ]
