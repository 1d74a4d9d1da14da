"""Makes damaged files of whole ones, and small zip files, for tests and fuzzing of the readers of binaries."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def zipped(data: bytes) -> bytes:
    """Build a wheel with one library."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(zipfile.ZipInfo("kit/a_cuda.so"), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Flip bits, put extreme numbers, take away and repeat pieces, in one to six places."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data)) if data else 0
        match chance.randrange(4):
            case 0 if data:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + 8] = chance.choice((b"\xff", b"\0", b"\x80")) * 8
            case 2:
                del data[at : at + chance.randrange(64)]
            case _:
                data[at:at] = data[chance.randrange(len(data) + 1) :][: chance.randrange(64)]
    return bytes(data)
