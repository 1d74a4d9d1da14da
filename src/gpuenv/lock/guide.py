"""Writes INSTALL-GPU.md: for each card the lock to install, in one plain line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gpuenv.errors import ContextValue
    from gpuenv.lock.header import LockHeader

GUIDE: Final = "INSTALL-GPU.md"
"""The name of the file, beside the locks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideLock:
    """One lock of a folder."""

    file: str
    header: LockHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideCard:
    """Cards of one compute capability, or one card by its name; without a capability: a machine without a GPU."""

    name: str
    """`sm_61`, or the name of a card."""
    capability: str
    """`6.1`, `8.0 or 9.0`; empty for CPU."""
    generation: str
    models: tuple[str, ...]
    """Names of the cards of that capability that are known."""
    platform: str
    python: str
    files: tuple[str, ...]
    """The locks that serve it, best first; () where none does."""


def render_guide(
    cards: Sequence[GuideCard],
    locks: Sequence[GuideLock],
    *,
    say: Callable[[str, Mapping[str, ContextValue]], str],
) -> str:
    """Make the text; `say` words the sentences by code. The same bytes from the same facts."""
    return "\n".join(_lines(cards, {lock.file: lock for lock in locks}, say)) + "\n"


def _lines(
    cards: Sequence[GuideCard],
    locks: Mapping[str, GuideLock],
    say: Callable[[str, Mapping[str, ContextValue]], str],
) -> Iterator[str]:
    yield f"# {say('guide-title', {})}"
    yield ""
    yield say("guide-how", {})
    for platform, python in dict.fromkeys((card.platform, card.python) for card in cards):
        here = [card for card in cards if (card.platform, card.python) == (platform, python)]
        yield from ("", f"## {platform}, Python {python}", "")
        heads = [say(f"guide-column-{name}", {}) for name in ("card", "capability", "file", "command")]
        yield f"| {' | '.join(heads)} |"
        yield "|---|---|---|---|"
        for card in here:
            yield _row(card, locks, say)
        for file in dict.fromkeys(file for card in here for file in card.files):
            yield from ("", f"`{file}`: {_summary(locks[file].header, say)}", "", f"    {_command(file)}")


def _row(card: GuideCard, locks: Mapping[str, GuideLock], say: Callable[[str, Mapping[str, ContextValue]], str]) -> str:
    known = ", ".join(name.removeprefix("NVIDIA ") for name in card.models)
    name = " ".join(part for part in (f"**{card.name}**", card.generation) if part)
    cells = [f"{name}: {known}" if known else name, card.capability or "-"]
    if not card.files:
        return f"| {' | '.join([*cells, say('guide-none', {}), '-'])} |"
    first, *others = card.files
    driver = locks[first].header.minimum_driver
    files = f"`{first}`"
    older = [file for file in others if _is_older(locks[file].header, locks[first].header)]
    if older and driver is not None:
        files += say("guide-older-driver", {"driver": str(driver), "file": older[0]})
    return f"| {' | '.join([*cells, files, f'`{_command(first)}`'])} |"


def _is_older(other: LockHeader, first: LockHeader) -> bool:
    """Whether a lock serves drivers that the first does not."""
    return (
        other.minimum_driver is not None
        and first.minimum_driver is not None
        and other.minimum_driver < first.minimum_driver
    )


def _summary(header: LockHeader, say: Callable[[str, Mapping[str, ContextValue]], str]) -> str:
    driver = str(header.minimum_driver) if header.minimum_driver is not None else None
    torch = None if header.torch is None else str(header.torch)
    if torch is not None and header.torch is not None and header.torch.local is None and header.tag is not None:
        torch = f"{torch} ({header.tag})"
    facts: dict[str, ContextValue] = {"torch": torch or "-", "driver": driver}
    if header.is_for_any_gpu:
        return say("guide-lock-any", {})
    return say("guide-lock" if driver is not None else "guide-lock-cpu", facts)


def _command(file: str) -> str:
    return f"python -m pip install -r {file}"
