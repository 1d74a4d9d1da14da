"""Shortens what a check said to one line for people: without stacks, log prefixes and line breaks."""

from __future__ import annotations

import re
from typing import Final

_WIDTH: Final = 160

_DUMP: Final = re.compile(
    r"^(?:Fatal Python error: .*|Timeout \(.*\)!)\n+"
    r"(?:(?:(?:Current t|T)hread 0x.*|  File .*|  \.\.\.|Extension modules: .*|[ ]*<no Python frame>)?(?:\n|\Z))*",
    re.MULTILINE,
)
"""What Python's faulthandler writes when a process crashes or hangs; the detail says so itself."""
_DUMPED_FRAME: Final = re.compile(r'^  File "(?!<)(?P<path>.*)", line (?P<line>\d+) in .*$', re.MULTILINE)
_STACK: Final = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n)*", re.MULTILINE)
"""The frames above an exception; the exception itself stands below them."""
_LOG_PREFIX: Final = re.compile(r"\[[A-Z]:onnxruntime:[^\]\n]*\] ")
"""`[E:onnxruntime:Default, provider_bridge_ort.cc:1745 TryGetProviderInfo_CUDA] `, with the time before it or not."""


def first_line(detail: str) -> str:
    """Make one line: of a crash or a hang its words and the innermost frame, of an exception its message."""
    dump = _DUMP.search(detail)
    frame = _DUMPED_FRAME.search(dump[0]) if dump is not None else None
    words = _LOG_PREFIX.sub("", _STACK.sub("", _DUMP.sub("", detail)))
    line = " ".join(words.split())
    line = line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."
    return line if frame is None else f"{line} ({frame['path']}:{frame['line']})"
