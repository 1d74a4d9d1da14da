"""Shows downloads: a live line each on a terminal, begin and end elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gpuenv.report.messages import phrase
from gpuenv.report.sizes import shown_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from gpuenv.report.messages import Language


class Downloads(Protocol):
    """Something that shows downloads."""

    def progress(self, label: str, done: int, total: int | None) -> None:
        """A download begins (0 bytes), goes on, or is complete."""

    def close(self) -> None:
        """Nothing is downloaded any more, or something else is about to be written."""


class Milestones:
    """Says when a download begins and when it is complete, a line each."""

    def __init__(self, say: Callable[[str], None], language: Language) -> None:
        """Take what writes a line."""
        self._say = say
        self._language = language
        self._begun: set[str] = set()
        self._complete: set[str] = set()

    def progress(self, label: str, done: int, total: int | None) -> None:
        """Say what is new."""
        if label not in self._begun:
            self._begun.add(label)
            size = shown_size(total) if total is not None else None
            self._say(phrase("downloading", {"package": label, "size": size}, self._language).message)
        if total is not None and done >= total and label not in self._complete:
            self._complete.add(label)
            self._say(phrase("downloaded", {"package": label}, self._language).message)

    def close(self) -> None:
        """Lines that are written stay."""


class LiveDownloads:
    """A line for each download with its rate and the time that is left; complete ones go."""

    def __init__(self, console: Callable[[], Console]) -> None:
        """Take what makes a console on stderr."""
        self._console = console
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def progress(self, label: str, done: int, total: int | None) -> None:
        """Draw the state of a download."""
        if label not in self._tasks and total is not None and done >= total:
            return
        shown = self._shown()
        if label not in self._tasks:
            self._tasks[label] = shown.add_task(label, total=total)
        task = self._tasks[label]
        shown.update(task, completed=done, total=total)
        if total is not None and done >= total:
            shown.remove_task(task)
            del self._tasks[label]
            if not self._tasks:
                self.close()

    def close(self) -> None:
        """Take the lines away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            self._tasks.clear()

    def _shown(self) -> Progress:
        if self._progress is None:
            from rich.progress import (  # noqa: PLC0415 - only where something is downloaded at a terminal
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            self._progress = Progress(
                TextColumn("  {task.description:<28}", markup=False),
                BarColumn(bar_width=24),
                DownloadColumn(binary_units=True),
                TransferSpeedColumn(),
                TimeRemainingColumn(compact=True),
                console=self._console(),
                transient=True,
            )
            self._progress.start()
        return self._progress
