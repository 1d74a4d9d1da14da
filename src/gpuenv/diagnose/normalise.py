"""From a damaged log to text in which short cores can be found: code pages, escapes, prefixes, wraps."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

from gpuenv.models.value import dataclass

LARGE: Final = 1_000_000
"""Characters above which repeated lines are dropped before anything else is done."""
KEPT: Final = 1_500_000
"""Characters that are searched at most: the first half and the last half of a longer log. What breaks first is
said first, and what ended the program is said last."""
_REPEATS: Final = 2
"""Lines that differ in their numbers only (progress bars, floods of one FATAL) are kept that often."""
_CHUNK: Final = 8192
"""Longest line, in characters; a longer one is cut, which does not part a core since whitespace is not compared."""

_ESCAPE: Final = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)?|[@-Z\\^_])")
_PREFIX: Final = re.compile(
    r"""\s{0,40}(?:
    (?:>\s?){1,8}                                                                # quoted in a mail or an issue
    |\([A-Za-z_ 0-9]{1,40}pid=\d{1,10}[^)\n]{0,40}\)\s?                          # vLLM, Ray
    |\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?\s{0,8}
    |[A-Z][a-z]{2}\s[\s\d]\d\s\d\d:\d\d:\d\d\s[\w.-]{1,64}\s[\w.@/-]{1,64}(?:\[\d{1,10}\])?:\s
    |[\w.-]{1,60}[-_]\d{1,3}\s{0,20}\|\s                                         # docker compose
    |E\s{3}                                                                      # pytest
    )""",
    re.VERBOSE,
)
_BLANK: Final = re.compile(r"\n{3,}")
_DIGITS: Final = bytes.maketrans(b"123456789", b"0" * 9)
_NOT_ASCII: Final = bytes(range(128, 256))
_QUOTES: Final = dict.fromkeys(map(ord, "'\"`\u2018\u2019\u201c\u201d\u00b4\ufeff\u200b\x00"))
_FOLD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZl", "abcdefghijklmnopqrstuvwxyzi")
"""Case, and the letter l read as i: copied by hand from a dialog, `KernelImage` becomes `Kernellmage`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogText:
    """A log made comparable."""

    lines: tuple[str, ...]
    """Without escapes and log prefixes, as evidence is quoted."""
    squeezed: str
    """All lines without whitespace and quotation marks: a console that wraps at column 80, even inside a word,
    changes nothing in it."""
    folded: str
    """`squeezed` without case; the same length."""
    starts: tuple[int, ...]
    """Where each line begins in `squeezed`."""

    def line_number(self, offset: int) -> int:
        """The line that holds a place of `squeezed`."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def quote(self, start: int, end: int) -> str:
        """The lines that hold a stretch of `squeezed`, as one line of at most 300 characters."""
        first, last = self.line_number(start), self.line_number(max(start, end - 1))
        text = " ".join(line.strip() for line in self.lines[first : last + 1])
        if len(text) <= 300:  # noqa: PLR2004 - what fits on four terminal lines
            return text
        inside = max(0, min(start - self.starts[first] - 40, len(text) - 300))
        return f"...{text[inside : inside + 290]}..."


def fold(text: str) -> str:
    """Make a core comparable with `LogText.folded`."""
    return squeeze(text).translate(_FOLD)


def squeeze(text: str) -> str:
    """Leave out whitespace and quotation marks."""
    return "".join(text.split()).translate(_QUOTES)


def decode_log(data: bytes) -> str:
    """Read bytes as the text they most likely are: UTF-8, UTF-16 (PowerShell's `>`), GBK, or Windows' Western page.

    Never fails: what cannot be read becomes U+FFFD, since cores are ASCII in every one of these.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    sample = data[:65536]
    if sample.count(0) > len(sample) // 4:
        return data.decode("utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be", "replace")
    text = data.decode("utf-8-sig", errors="replace")
    damaged = text.count("\ufffd")
    if damaged == 0:
        return text
    well_read = len(text) - damaged - len(data.translate(None, _NOT_ASCII))
    if well_read > 5 * damaged:
        return text
    return data.decode("gb18030" if _is_double_byte(data) else "cp1252", errors="replace")


def _is_double_byte(data: bytes) -> bool:
    """Whether the bytes above ASCII come in pairs, as in GBK, rather than singly between letters."""
    runs = [len(found) for found in re.findall(rb"[\x80-\xff]{1,256}", data[:262144])]
    return 2 * sum(run % 2 == 0 for run in runs) > len(runs)


def normalise(text: str) -> LogText:
    """Make a log comparable; the time is linear in its length and the result is bounded by `KEPT`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n\n\n" in text:
        text = _BLANK.sub("\n\n", text)
    if len(text) > LARGE:
        text = _without_repeats(text)
    if len(text) > KEPT:
        text = f"{text[: KEPT // 2]}\n{text[-KEPT // 2 :]}"
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    lines = tuple(
        line[start : start + _CHUNK]
        for line in map(_without_prefix, text.split("\n"))
        for start in range(0, max(len(line), 1), _CHUNK)
    )
    parts = [squeeze(line) for line in lines]
    squeezed = "".join(parts)
    starts = tuple(accumulate((len(part) for part in parts[:-1]), initial=0))
    return LogText(lines=lines, squeezed=squeezed, folded=squeezed.translate(_FOLD), starts=starts)


def _without_repeats(text: str) -> str:
    """Drop lines that say again what was said, numbers apart."""
    data = text.encode("utf-8", errors="replace")
    masked = data.translate(_DIGITS).split(b"\n")
    seen: dict[bytes, int] = {}
    kept = []
    for line, mask in zip(data.split(b"\n"), masked, strict=True):
        times = seen.get(mask, 0)
        if times < _REPEATS:
            seen[mask] = times + 1
            kept.append(line)
    return b"\n".join(kept).decode("utf-8", errors="replace")


def _without_prefix(line: str) -> str:
    for _ in range(3):
        found = _PREFIX.match(line)
        if found is None:
            break
        line = line[found.end() :]
    return line
