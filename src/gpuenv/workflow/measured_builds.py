"""Keeps what was measured of builds that the matrix does not know: one small JSON file for each wheel."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.models.cuda import Architecture
from gpuenv.models.matrix import Evidence, Provenance, TorchBuild
from gpuenv.models.platform import PLATFORM_NAMES, PythonVersion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.models.index import IndexedWheel
    from gpuenv.models.platform import PlatformName

_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredBuilds:
    """The measurements of this user, in a folder that need not exist."""

    folder: Path

    def load(self, wheel: IndexedWheel) -> TorchBuild | None:
        """Find what was measured of a wheel, by its name and hash; None where it was not, or cannot be read."""
        return _read(self.folder / _filename(wheel))

    def all(self) -> Iterator[TorchBuild]:
        """Yield every build that was measured, in the order of the file names."""
        if self.folder.is_dir():
            for path in sorted(self.folder.glob("*.json")):
                build = _read(path)
                if build is not None:
                    yield build

    def store(self, wheel: IndexedWheel, build: TorchBuild) -> None:
        """Keep a measurement; where the folder cannot be written it is measured again next time."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=self.folder, prefix=".", suffix=".part", delete=False
            ) as file:
                json.dump(_as_json(build), file, indent=1)
            os.replace(file.name, self.folder / _filename(wheel))  # noqa: PTH105 - as it is meant, in one step
        except OSError:
            return


def _filename(wheel: IndexedWheel) -> str:
    """Name the file; where the index publishes no hash, the wheel's address stands for it."""
    mark = wheel.sha256 or hashlib.sha256(wheel.url.encode()).hexdigest()
    return f"{wheel.filename}.{mark[:16]}.json"


def _read(path: Path) -> TorchBuild | None:
    """Read one file; one that is not there, or damaged, says nothing."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return _from_json(facts) if facts["schema"] == _SCHEMA else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _as_json(build: TorchBuild) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "project": "torch",
        "version": str(build.version),
        "tag": build.tag,
        "platform": build.platform,
        "local": build.local,
        "sass": [str(code) for code in sorted(build.sass)],
        "ptx": [str(code) for code in sorted(build.ptx)],
        "python": [str(build.python_min), str(build.python_max)],
        "cudnn": None if build.cudnn is None else str(build.cudnn),
        "nccl": None if build.nccl is None else str(build.nccl),
        "triton": None if build.triton is None else str(build.triton),
        "source": build.provenance.source,
        "measured": build.provenance.verified,
    }


def _from_json(facts: dict[str, Any]) -> TorchBuild:
    """Raise `ValueError`, `KeyError` or `TypeError` for anything that `_as_json` did not write."""
    python_min, python_max = (PythonVersion.parse(text) for text in facts["python"])
    return TorchBuild(
        version=Version(facts["version"]),
        tag=str(facts["tag"]),
        platform=_platform(facts["platform"]),
        sass=frozenset(Architecture.parse(text) for text in facts["sass"]),
        ptx=frozenset(Architecture.parse(text) for text in facts["ptx"]),
        ptx_is_known=True,
        python_min=python_min,
        python_max=python_max,
        local=facts["local"],
        on_pytorch_index=False,
        on_pypi=False,
        is_official=True,
        cudnn=None if facts["cudnn"] is None else Version(facts["cudnn"]),
        nccl=None if facts["nccl"] is None else Version(facts["nccl"]),
        triton=None if facts["triton"] is None else SpecifierSet(facts["triton"]),
        provenance=Provenance(
            evidence=Evidence.BINARY_PARTIAL, source=str(facts["source"]), verified=str(facts["measured"])
        ),
    )


def _platform(text: object) -> PlatformName:
    for name in PLATFORM_NAMES:
        if name == text:
            return name
    raise ValueError(text)
