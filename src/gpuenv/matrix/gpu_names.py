"""Finds GPUs by any usual spelling of their name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from gpuenv.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gpuenv.models.matrix import GpuModel

_TOKEN: Final = re.compile(r"\d+|[a-z]+")
_TRADEMARKS: Final = re.compile(r"\((?:r|tm)\)|[®™]")
_MEMORY: Final = re.compile(r"\b\d+\s*g(?:b|ib)?\b")
_INSTANCE: Final = re.compile(r"\s+MIG\s+\S+$", re.IGNORECASE)
"""The tail that names a MIG instance, which resolves as its card: `A100-SXM4-40GB MIG 1g.5gb`."""
_PROFILE: Final = r"(?i)-(?:\d-)?\d+(?P<series>[QCBA])(?:ME)?$"
"""The tail that names a vGPU profile: `GRID T4-16Q`, `NVIDIA A40-8Q`, part of a MIG instance `NVIDIA A100-1-5C`
(NVIDIA virtual GPU software user guide, virtual GPU types)."""
_RUN_TOGETHER: Final = r"(?i)\brtx(?=a?\d)"
_BOARD_LETTERS: Final = r"(?i)(?<=\d)[a-z]{1,2}$|\s+DC$"
"""By which vGPU software tells the boards of one chip apart: `V100DX`, `A100D`, `H100XM`."""
_GUEST: Final = r"(?i)^(?:NVIDIA|GRID)\s+"

_NOISE: Final = frozenset({"nvidia", "geforce", "gpu", "graphics", "card", "corporation", "device"})
"""Words that are said or left out at will."""
_SPELLINGS: Final = {"mobile": "laptop", "notebook": "laptop"}

_BRANDS: Final = frozenset(
    ["tesla", "quadro", "rtx", "gtx", "gt", "titan", "grid", "ada", "blackwell", "pascal", "generation", "edition"]
)
_BOARDS: Final = frozenset(["sxm", "pcie", "nvl", "hbm", "mezz", "dgxs", "fhhl", "active", "pg"])
_NUMBERED_BOARDS: Final = frozenset(["sxm", "hbm", "pg"])

_MOST_NEAR: Final = 3


class _Name(NamedTuple):
    """A GPU name, taken apart."""

    whole: str
    """Lower case, without trade marks and spaces at the ends."""
    tokens: tuple[str, ...]
    """Words and numbers without noise: `RTX5070Ti` is (rtx, 5070, ti)."""
    boards: frozenset[int]
    """Positions of boards and memory sizes among the tokens: what two cards of one product may differ in."""


class NamedGpu(NamedTuple):
    """What a name means."""

    models: tuple[GpuModel, ...]
    """Several where a name leaves several open."""
    vgpu_series: str | None = None
    """`Q`, `C`, `B` or `A` for a virtual GPU, whose models are those of the card that it is a part of."""


def find_gpu(text: str, models: Sequence[GpuModel]) -> NamedGpu:
    """Find the models that a name means, the closest only: `rtx-5070` is not the 5070 Ti, `h100` not the H100 NVL.

    Several where a name leaves several open (`a100`, or a name that two chips share): their capabilities may then
    differ, and a build has to serve them all. `unknown-gpu` with the nearest names for anything else.
    """
    wanted = _take_apart(_INSTANCE.sub("", text))
    found = _find(wanted, models)
    if found:
        return NamedGpu(models=found)
    profile = re.search(_PROFILE, text)
    card = next(filter(None, (_find(_take_apart(name), models) for name in _cards_of(text))), ()) if profile else ()
    if profile and card:
        return NamedGpu(models=card, vgpu_series=profile["series"].upper())
    near = _near(wanted, [(_take_apart(model.name), model) for model in models])
    numbered = {f"near_{number}": name for number, name in enumerate(near, start=1)}
    raise UsageError("unknown-gpu", name=text, near=near, **numbered)


def _find(wanted: _Name, models: Sequence[GpuModel]) -> tuple[GpuModel, ...]:
    for asked in dict.fromkeys((wanted, _without_board(wanted))):
        found = _closest(asked, [(_take_apart(model.name), model) for model in models if _has_words(model, asked)])
        if found:
            return found
    return ()


def _cards_of(text: str) -> tuple[str, ...]:
    """Name the cards that a vGPU can be a part of: its profile names the chip, not the board (`GRID V100DX-16Q`).

    `RTX6000` is the Quadro of that number: the later ones have `-Ada` and `Pro` in the names of their profiles.
    """
    card = re.sub(_RUN_TOGETHER, "RTX ", re.sub(_GUEST, "", re.sub(_PROFILE, "", text.strip())))
    return tuple(name for plain in (card, re.sub(_BOARD_LETTERS, "", card)) for name in (f"Quadro {plain}", plain))


def _has_words(model: GpuModel, wanted: _Name) -> bool:
    """Whether a name can be close at all, before it is taken apart: few of them share a word with what is asked for."""
    text = model.name.lower()
    return all(token in text for token in wanted.tokens if token not in _SPELLINGS.values())


def _closest(wanted: _Name, names: Sequence[tuple[_Name, GpuModel]]) -> tuple[GpuModel, ...]:
    says_only_brands = all(_is_neutral(wanted, at) for at in range(len(wanted.tokens)))
    for is_close in _DEGREES[:2] if says_only_brands else _DEGREES:
        found = tuple(model for name, model in names if is_close(wanted, name))
        if found:
            return found
    return () if says_only_brands else _nearest_variant(wanted, names)


def _is_same_text(wanted: _Name, name: _Name) -> bool:
    return wanted.whole == name.whole


def _is_same_name(wanted: _Name, name: _Name) -> bool:
    return wanted.tokens == name.tokens


def _is_same_product(wanted: _Name, name: _Name) -> bool:
    """The words asked for stand together, and the rest is brand, board and memory: `a100` in A100-SXM4-40GB."""
    at = _position(wanted.tokens, name.tokens)
    if at is None:
        return False
    asked = range(at, at + len(wanted.tokens))
    return all(position in asked or _is_neutral(name, position) for position in range(len(name.tokens)))


def _is_same_product_in_other_words(wanted: _Name, name: _Name) -> bool:
    """Likewise, in any order: `a100 40gb` in A100-SXM4-40GB."""
    if not set(wanted.tokens) <= set(name.tokens):
        return False
    return all(token in wanted.tokens or _is_neutral(name, at) for at, token in enumerate(name.tokens))


_DEGREES: Final[tuple[Callable[[_Name, _Name], bool], ...]] = (
    _is_same_text,
    _is_same_name,
    _is_same_product,
    _is_same_product_in_other_words,
)
"""From closest to widest; the first that finds anything decides. Mere brands have to be the whole name."""


def _nearest_variant(wanted: _Name, names: Iterable[tuple[_Name, GpuModel]]) -> tuple[GpuModel, ...]:
    """Where only variants have the name (`rtx pro 6000`), take those that add least, if they are of one capability."""
    found = [
        (sum(not _is_neutral(name, at) for at in range(len(name.tokens))), model)
        for name, model in names
        if _position(wanted.tokens, name.tokens) is not None
    ]
    if len({model.capability for _, model in found}) != 1:
        return ()
    least = min(added for added, _ in found)
    return tuple(model for added, model in found if added == least)


def _near(wanted: _Name, names: Sequence[tuple[_Name, GpuModel]]) -> tuple[str, ...]:
    import difflib  # noqa: PLC0415 - only for a name that is not known

    by_key = {"".join(name.tokens): model.name for name, model in names}
    keys = difflib.get_close_matches("".join(wanted.tokens), by_key, n=_MOST_NEAR, cutoff=0.6)
    return tuple(by_key[key] for key in keys)


@lru_cache(maxsize=4096)
def _take_apart(text: str) -> _Name:
    whole = " ".join(_TRADEMARKS.sub("", text.lower()).split())
    memory = [found.span() for found in _MEMORY.finditer(whole)]
    tokens: list[str] = []
    boards: set[int] = set()
    for found in _TOKEN.finditer(whole):
        if found[0] in _NOISE:
            continue
        is_memory = any(start <= found.start() < end for start, end in memory)
        is_number_of_board = found[0].isdecimal() and bool(tokens) and tokens[-1] in _NUMBERED_BOARDS
        if is_memory or is_number_of_board or found[0] in _BOARDS:
            boards.add(len(tokens))
        tokens.append(_SPELLINGS.get(found[0], found[0]))
    return _Name(whole=whole.removeprefix("nvidia "), tokens=tuple(tokens), boards=frozenset(boards))


def _without_board(name: _Name) -> _Name:
    """Leave out board and memory, which people add to names that have none: `RTX 3090 24GB`."""
    tokens = tuple(token for at, token in enumerate(name.tokens) if at not in name.boards)
    return _Name(whole=" ".join(tokens), tokens=tokens, boards=frozenset())


def _is_neutral(name: _Name, at: int) -> bool:
    """Whether a name may have this word beyond what was asked for and still be the same product."""
    return at in name.boards or name.tokens[at] in _BRANDS


def _position(wanted: tuple[str, ...], tokens: tuple[str, ...]) -> int | None:
    width = len(wanted)
    return next((at for at in range(len(tokens) - width + 1) if tokens[at : at + width] == wanted), None)
