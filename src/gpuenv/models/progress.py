"""What the stations announce while they work; the default listens to nothing."""

from __future__ import annotations


class Reporter:
    """Hears of progress. Every method does nothing: a user interface overrides what it shows."""

    def stage(self, code: str, **facts: str) -> None:
        """A station begins: `detecting`, `resolving`, `installing`; `report` words it."""

    def output(self, line: str) -> None:
        """One line of a tool's own output, credentials removed."""

    def progress(self, label: str, done_bytes: int, total_bytes: int | None) -> None:
        """A download goes on; `total_bytes` is None where the server does not tell."""
