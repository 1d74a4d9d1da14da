"""Keeps wheels that were built, by everything that decides what is in them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from gpuenv.build.wheel import put_wheel
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildKey:
    """What decides the content of a wheel; no path of this machine, so that another machine finds it too."""

    source: str
    """The hash of the source tree."""
    torch: str
    """Version and CUDA tag: `2.15.0 cu132`."""
    toolkit: str
    architectures: str
    """As the build was told: `8.6;12.0+PTX`."""
    python: str
    """`3.12`, `3.13t`."""
    platform: str
    """With its glibc, where it has one."""
    variables: tuple[tuple[str, str], ...] = ()
    """What else the package's build was told."""

    @property
    def digest(self) -> str:
        """The name of its folder."""
        facts = (
            *(self.source, self.torch, self.toolkit, self.architectures, self.python, self.platform),
            *(f"{name}={value}" for name, value in self.variables),
        )
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def kept_wheel(cache: Path, key: BuildKey) -> Path | None:
    """Find the wheel that was built of the same before, or None."""
    return next(iter(sorted((cache / "built" / key.digest).glob("*.whl"))), None)


def keep_wheel(cache: Path, key: BuildKey, wheel: Path) -> Path:
    """Keep a wheel for the next time; only one that was proved belongs here. Raises `wheel-not-writable`."""
    return put_wheel(wheel, cache / "built" / key.digest)
