"""Fuzzes the readers of native libraries and wheels with atheris, which watches which code each input reaches.

    python -m venv fuzz && fuzz/bin/pip install atheris .
    fuzz/bin/python scripts/fuzz_binaries.py elf -max_total_time=300

The first argument is a reader: elf, coff, fatbin, archive, stream, zip, needs; the rest goes to libFuzzer. An input
that ends in anything but an answer or a coded fault, takes longer than a second or more than 200 MB is written to
`crash-*`, `timeout-*` or `oom-*`: put it into `tests/data/binaries/hostile/`, where the tests read every file in every
way.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

import atheris  # type: ignore[import-untyped] # noqa: E402 - installed only for this

with atheris.instrument_imports(include=["gpuenv.binaries", "zipfile"]):
    from gpuenv.binaries.fatbin import FormatError, count_containers
    from gpuenv.binaries.image import count_image
    from gpuenv.binaries.library import library_needs
    from gpuenv.binaries.stream import read_stream
    from gpuenv.binaries.wheel import read_wheel
    from gpuenv.errors import GpuenvError

from support.dll import dll_with_imports  # noqa: E402 - the path comes first
from support.fatbin import archive, coff, containers, dll, elf  # noqa: E402 - as above
from support.hostile import zipped  # noqa: E402 - as above

if TYPE_CHECKING:
    from collections.abc import Callable

CODE: Final = containers("sm_75 sm_80+ compute_80@8.7", "sm_90a lto_75", times=2, padding=8)
ELF: Final = elf((".rodata", b"text" + CODE), ("__nv_relfatbin", CODE), (".nv_fatbin", CODE))
DLL: Final = dll((".rdata", b"text" + CODE), (".nv_fatb", CODE))

READERS: Final[dict[str, tuple[Callable[[bytes], object], tuple[bytes, ...]]]] = {
    "elf": (lambda data: count_image(data).summary(), (ELF,)),
    "coff": (lambda data: count_image(data).summary(), (DLL, coff((".nv_fatb", CODE)))),
    "fatbin": (lambda data: count_containers(data, 0, len(data), strict=False), (CODE,)),
    "archive": (lambda data: count_image(data).summary(), (archive([ELF, coff((".nv_fatb", CODE))]),)),
    "stream": (lambda data: read_stream(io.BytesIO(data).read, size=len(data), is_thorough=True), (ELF, DLL)),
    "zip": (lambda data: read_wheel(io.BytesIO(data), "kit.whl"), (zipped(ELF), zipped(DLL))),
    "needs": (library_needs, (dll_with_imports(["a.dll"], ["b.dll"]), ELF)),
}
"""Each reader with what it begins from."""


def main() -> None:
    """Fuzz one reader until libFuzzer is told to stop, or finds something."""
    read, seeds = READERS[sys.argv.pop(1)]

    def one(data: bytes) -> None:
        with contextlib.suppress(FormatError, GpuenvError):  # what a damaged file is to end with
            read(data)

    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for number, seed in enumerate(seeds):
        (corpus / f"seed{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus), "-timeout=1", "-rss_limit_mb=200", "-max_len=65536"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
