"""Runs a program as if on a terminal, for what it tells of its work only there."""

from __future__ import annotations

import codecs
import os
import struct
import sys
from typing import TYPE_CHECKING, Final

from gpuenv.process import stream_into

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gpuenv.process import ProcessResult

_ROWS: Final = 100
"""More downloads than uv runs at once: what does not fit is not drawn."""
_COLUMNS: Final = 200

IS_AVAILABLE: Final = sys.platform != "win32"

if sys.platform != "win32":
    import fcntl
    import pty
    import termios

    def run_drawing(
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str],
        on_text: Callable[[str], None],
        cwd: Path | None,
        pass_fds: tuple[int, ...],
    ) -> ProcessResult:
        """Run a program to its end and hand on what it draws as it comes, control sequences and all."""
        reader, writer = pty.openpty()
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        try:
            return stream_into(
                argv, env=env, output=writer, read=lambda: _read(reader, on_text), cwd=cwd, pass_fds=pass_fds
            )
        finally:
            os.close(reader)

    def _read(reader: int, on_text: Callable[[str], None]) -> str:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pieces = []
        while True:
            try:
                content = os.read(reader, 65536)
            except OSError:  # how Linux says that nobody writes any more
                content = b""
            text = decoder.decode(content, final=not content)
            pieces.append(text)
            on_text(text)
            if not content:
                return "".join(pieces)

else:

    def run_drawing(
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str],
        on_text: Callable[[str], None],
        cwd: Path | None,
        pass_fds: tuple[int, ...],
    ) -> ProcessResult:
        """Windows has nothing of the kind that Python could open."""
        raise NotImplementedError
