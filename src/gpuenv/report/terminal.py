"""Writes for people: results to stdout, talk to stderr, colour only where it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from gpuenv.models.notice import Notice
from gpuenv.models.progress import Reporter
from gpuenv.report.downloads import LiveDownloads, Milestones
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from rich.console import Console

    from gpuenv.models.typed_command import TypedCommand
    from gpuenv.report.downloads import Downloads
    from gpuenv.report.messages import Language


class Terminal:
    """Two streams. Colour comes through `rich`, which is loaded only for a terminal that shows it."""

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
        self.typed: TypedCommand | None = None
        """The command whose output this is: hints say it again."""
        self._streams = {"out": stdout, "err": stderr}
        self._environ = environ
        self._consoles: dict[str, Console] = {}

    def print(self, text: str = "", style: str | None = None) -> None:
        """Write a line of the result to stdout."""
        self._line("out", text, style)

    def write(self, text: str) -> None:
        """Write to stdout as it is, to be read by a program: no tab, control character or width is touched."""
        self._streams["out"].write(text)

    def write_json(self, value: object, *, indent: int | None = None) -> None:
        """Write JSON to stdout; in plain ASCII where that is not UTF-8, which is what readers of JSON take it for."""
        import json  # noqa: PLC0415 - only for --json

        stream = self._streams["out"]
        is_utf8 = (stream.encoding or "utf-8").lower().replace("-", "").replace("_", "") == "utf8"
        json.dump(value, stream, ensure_ascii=not is_utf8, indent=indent)
        stream.write("\n")

    def say(self, text: str, style: str | None = None) -> None:
        """Write a line of talk to stderr; `-q` silences it."""
        if self.verbosity >= 0:
            self._line("err", text, style)

    def notice(self, kind: str, notice: Notice, *, without: Container[str] = ()) -> None:
        """Write a coded notice to stderr, hints below: `error: ... [code]`. Never silenced for errors.

        Hints `without` which it goes are those that are said elsewhere.
        """
        sentence = phrase(notice.code, self.as_typed(notice).context, self.language)
        if self.verbosity < 0 and kind != "error":
            return
        style = {"error": "bold red", "warning": "yellow"}.get(kind, "cyan")
        self._line("err", f"{self._label(kind)}{sentence.message} [{notice.code}]", style)
        for hint in sentence.hints:
            if hint not in without:
                self._line("err", f"  {self._label('hint')}{hint}", "cyan")

    def as_typed(self, notice: Notice) -> Notice:
        """Add to a notice what was typed, for hints that say the same with a change."""
        if self.typed is None or "typed" in notice.context:
            return notice
        return Notice.of(notice.code, **{**notice.context, **self.typed.facts})

    @property
    def can_redraw(self) -> bool:
        """Whether lines of talk can be drawn over: a person looks on, at a terminal that moves its cursor."""
        return self.verbosity >= 0 and self._environ.get("TERM") != "dumb" and self._streams["err"].isatty()

    def downloads(self) -> Downloads:
        """Make what shows downloads here."""
        if self.can_redraw:
            return LiveDownloads(lambda: self._console("err"))
        return Milestones(lambda text: self.say(text, style="dim"), self.language)

    def _label(self, name: str) -> str:
        return phrase(f"label-{name}", {}, self.language).message

    def _line(self, name: str, text: str, style: str | None) -> None:
        if style is None or not self._is_coloured(name):
            self._streams[name].write(f"{text}\n")
        else:
            self._console(name).print(text, style=style)

    def _is_coloured(self, name: str) -> bool:
        if self._environ.get("NO_COLOR") or self._environ.get("TERM") == "dumb":
            return False
        return bool(self._environ.get("FORCE_COLOR")) or self._streams[name].isatty()

    def _console(self, name: str) -> Console:
        if name not in self._consoles:
            from rich.console import Console  # noqa: PLC0415 - costs as much as the rest of a small command

            self._consoles[name] = Console(
                file=self._streams[name],
                _environ=self._environ,
                highlight=False,
                soft_wrap=True,
                emoji=False,
                markup=False,
            )
        return self._consoles[name]


class TerminalReporter(Reporter):
    """Shows stages, downloads and tool output as they happen, on stderr."""

    def __init__(self, terminal: Terminal) -> None:
        """Write to that terminal."""
        self._terminal = terminal
        self.is_live = terminal.can_redraw
        self._downloads = terminal.downloads()

    def stage(self, code: str, **facts: str) -> None:
        """Show the stage in one line."""
        self._downloads.close()
        self._terminal.say(phrase(code, facts, self._terminal.language).message, style="dim")

    def output(self, line: str) -> None:
        """Show the tools' own lines with `-v`; they are in the log in any case."""
        if self._terminal.verbosity > 0:
            self._terminal.say(f"  {line}", style="dim")

    def progress(self, label: str, done_bytes: int, total_bytes: int | None) -> None:
        """Show how far reading is, where a line can be drawn over."""
        if self.is_live:
            self._downloads.progress(label, done_bytes, total_bytes)

    def download(self, package: str, done_bytes: int, total_bytes: int | None) -> None:
        """Show how a download goes on."""
        self._downloads.progress(package, done_bytes, total_bytes)

    def downloads_over(self) -> None:
        """Leave no live line behind."""
        self._downloads.close()
