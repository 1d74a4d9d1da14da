"""Builds the NVML library of `nvml.c` into a machine's root folder, so that the real nvidia-ml-py loads it."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuenv.models.hardware import MigInstance

SOURCE = Path(__file__).with_name("nvml.c")
FOLDER = "usr/lib/x86_64-linux-gnu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One GPU as NVML describes it; memory 0 and capability 0.0 are not told."""

    name: str
    pci: str
    capability: str
    memory_bytes: int
    mig: int = -1
    instances: tuple[MigInstance | None, ...] = ()
    """By place; None for one that is free."""

    def lines(self, index: int) -> str:
        """The device's lines of the machine file."""
        major, minor = self.capability.split(".")
        fields = ("gpu", self.name, uuid(index), self.pci, bus(index), self.memory_bytes, major, minor, self.mig)
        rows: list[tuple[object, ...]] = [fields]
        for place, part in enumerate(self.instances):
            rows += [("mig", place, part.name, part.uuid, part.memory_bytes)] if part is not None else []
        return "\n".join("\t".join(map(str, row)) for row in rows)


def uuid(index: int) -> str:
    """The UUID of the device of that index."""
    return f"GPU-{index:08x}-1111-2222-3333-444444444444"


def bus(index: int) -> str:
    """The bus id of the device of that index, as NVML writes it."""
    return f"00000000:{index + 1:02X}:00.0"


def install_nvml(root: Path, *lines: Device | str) -> dict[str, str]:
    """Put the library and its machine below `root`; the environment variables that it reads are returned."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(built_library(), folder / "libnvidia-ml.so.1")
    machine = root / "machine.tsv"
    text: list[str] = []
    index = 0
    for line in lines:
        text.append(line if isinstance(line, str) else line.lines(index))
        index += not isinstance(line, str) or line.startswith(("broken", "hang"))
    machine.write_text("\n".join(text) + "\n", encoding="utf-8")
    return {"FAKE_NVML": str(machine)}


@functools.cache
def built_library() -> Path:
    """Compile the library once per run."""
    return build_shared(SOURCE, "libnvidia-ml.so.1")


def build_shared(source: Path, soname: str) -> Path:
    """Compile a C source to a shared library of that name."""
    folder = Path(tempfile.mkdtemp(prefix="gpuenv-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = folder / soname
    argv = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", f"-Wl,-soname,{soname}", "-o", str(library)]
    subprocess.run([*argv, str(source)], check=True, capture_output=True, text=True)
    return library
