"""Names a C++ symbol as its source does: the nested names of the Itanium ABI, arguments left out."""

from __future__ import annotations

import re
from typing import Final

_NESTED: Final = re.compile(r"_ZN[KVrRO]{0,3}(?P<rest>\d.{0,800})")
_PLAIN: Final = re.compile(r"_Z(?P<rest>\d.{0,800})")
_LENGTH: Final = re.compile(r"(?P<length>\d{1,3})")


def demangle(symbol: str) -> str:
    """Make `c10::cuda::SetDevice` of `_ZN3c104cuda9SetDeviceEi`; a symbol of another form is returned as it is."""
    found = _NESTED.match(symbol) or _PLAIN.match(symbol)
    if found is None:
        return symbol
    rest, names = found["rest"], []
    while (length := _LENGTH.match(rest)) is not None:
        size = int(length["length"])
        name = rest[length.end() : length.end() + size]
        if len(name) < size:
            break
        names.append(name)
        rest = rest[length.end() + size :]
        if _PLAIN.match(symbol) and not _NESTED.match(symbol):
            break
    if names and rest[:2] in {"C1", "C2"}:
        names.append(names[-1])
    return "::".join(names) or symbol
