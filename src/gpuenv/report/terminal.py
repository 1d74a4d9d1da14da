"""Writes for people: results to stdout, talk to stderr, colour only where it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from gpuenv.models.progress import Reporter
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from gpuenv.models.notice import Notice
    from gpuenv.report.messages import Language


class Terminal:
    """Two consoles, made when first used: `rich` costs more than most commands."""

    def __init__(
        self,
        *,
        stdout: TextIO,
        stderr: TextIO,
        environ: Mapping[str, str],
        language: Language,
        verbosity: int,
    ) -> None:
        """Take the streams; `verbosity` is -1 for `-q`, 1 for `-v`."""
        self.language = language
        self.verbosity = verbosity
        self._streams = {"out": stdout, "err": stderr}
        self._environ = environ
        self._consoles: dict[str, Console] = {}

    def _console(self, name: str) -> Console:
        if name not in self._consoles:
            from rich.console import Console  # noqa: PLC0415 - costs as much as the rest of a small command

            stream = self._streams[name]
            self._consoles[name] = Console(
                file=stream,
                no_color=bool(self._environ.get("NO_COLOR")),
                _environ=self._environ,
                highlight=False,
                soft_wrap=True,
                emoji=False,
                markup=False,
            )
        return self._consoles[name]

    def print(self, text: str = "", style: str | None = None) -> None:
        """Write a line of the result to stdout."""
        self._console("out").print(text, style=style)

    def write(self, text: str) -> None:
        """Write to stdout as it is, to be read by a program: no tab, control character or width is touched."""
        self._streams["out"].write(text)

    def say(self, text: str, style: str | None = None) -> None:
        """Write a line of talk to stderr; `-q` silences it."""
        if self.verbosity >= 0:
            self._console("err").print(text, style=style)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a plain table to stdout."""
        from rich.table import Table  # noqa: PLC0415 - as above
        from rich.text import Text  # noqa: PLC0415 - as above

        table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(headings))
        for heading in headings:
            table.add_column(heading)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._console("out").print(table)

    def notice(self, kind: str, notice: Notice) -> None:
        """Write a coded notice to stderr, hints below: `error: ... [code]`. Never silenced for errors."""
        sentence = phrase(notice.code, notice.context, self.language)
        if self.verbosity < 0 and kind != "error":
            return
        style = {"error": "bold red", "warning": "yellow"}.get(kind, "cyan")
        console = self._console("err")
        console.print(f"{kind}: {sentence.message} [{notice.code}]", style=style)
        for hint in sentence.hints:
            console.print(f"  hint: {hint}", style="cyan")


class TerminalReporter(Reporter):
    """Shows stages and tool output as they happen, on stderr."""

    def __init__(self, terminal: Terminal) -> None:
        """Write to that terminal."""
        self._terminal = terminal

    def stage(self, code: str, **facts: str) -> None:
        """Show the stage in one line."""
        self._terminal.say(phrase(code, facts, self._terminal.language).message, style="dim")

    def output(self, line: str) -> None:
        """Show the tools' own lines with `-v`; they are in the log in any case."""
        if self._terminal.verbosity > 0:
            self._terminal.say(f"  {line}", style="dim")
