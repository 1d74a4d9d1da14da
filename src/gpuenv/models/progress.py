"""What the stations announce while they work; the default listens to nothing."""

from __future__ import annotations


class Reporter:
    """Hears of progress. Every method does nothing: a user interface overrides what it shows."""

    is_live: bool = False
    """Whether it can show a download as it goes on: tools are then asked to tell more than begin and end."""

    def stage(self, code: str, **facts: str) -> None:
        """A station begins: `detecting`, `resolving`, `installing`; `report` words it."""

    def output(self, line: str) -> None:
        """One line of a tool's own output, credentials removed."""

    def progress(self, label: str, done_bytes: int, total_bytes: int | None) -> None:
        """Reading something large goes on; `total_bytes` is None where nobody tells."""

    def download(self, package: str, done_bytes: int, total_bytes: int | None) -> None:
        """The download of a package begins (0 bytes), goes on, or is complete."""

    def downloads_over(self) -> None:
        """Nothing is downloaded any more, whether what was begun is complete or not."""
