"""Keeps what was measured of builds that the matrix does not know: one small JSON file for each wheel."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.models.cuda import Architecture, CudaVersion
from gpuenv.models.matrix import Evidence, OnnxRuntimeBuild, Provenance, TorchBuild
from gpuenv.models.platform import PLATFORM_NAMES, PythonVersion
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.models.index import IndexedWheel
    from gpuenv.models.platform import PlatformName

Build: TypeAlias = "TorchBuild | OnnxRuntimeBuild"

_SCHEMA: Final = 1
_TORCH: Final = "torch"
_RUNTIME: Final = "onnxruntime-gpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredBuilds:
    """The measurements of this user, in a folder that need not exist."""

    folder: Path

    def load(self, wheel: IndexedWheel) -> Build | None:
        """Find what was measured of a wheel, by its name and hash; None where it was not, or cannot be read."""
        return _read(self.folder / _filename(wheel))

    def all(self) -> Iterator[Build]:
        """Yield every build that was measured, in the order of the file names."""
        if self.folder.is_dir():
            for path in sorted(self.folder.glob("*.json")):
                build = _read(path)
                if build is not None:
                    yield build

    def store(self, wheel: IndexedWheel, build: Build) -> None:
        """Keep a measurement; where the folder cannot be written it is measured again next time."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            import tempfile  # noqa: PLC0415 - only where something was measured

            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=self.folder, prefix=".", suffix=".part", delete=False
            ) as file:
                json.dump(_as_json(build), file, indent=1)
            os.replace(file.name, self.folder / _filename(wheel))  # noqa: PTH105 - as it is meant, in one step
        except OSError:
            return


def _filename(wheel: IndexedWheel) -> str:
    """Name the file; where the index publishes no hash, the wheel's address stands for it."""
    import hashlib  # noqa: PLC0415 - only where something is measured

    mark = wheel.sha256 or hashlib.sha256(wheel.url.encode()).hexdigest()
    return f"{wheel.filename}.{mark[:16]}.json"


def _read(path: Path) -> Build | None:
    """Read one file; one that is not there, or damaged, says nothing."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["schema"] != _SCHEMA:
            return None
        return _runtime(facts) if facts["project"] == _RUNTIME else _torch(facts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _as_json(build: Build) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "project": _TORCH if isinstance(build, TorchBuild) else _RUNTIME,
        "version": str(build.version),
        "platform": build.platform,
        "sass": [str(code) for code in sorted(build.sass)],
        "ptx": [str(code) for code in sorted(build.ptx)],
        "python": [str(build.python_min), str(build.python_max)],
        "source": build.provenance.source,
        "measured": build.provenance.verified,
        **(_own_of_torch(build) if isinstance(build, TorchBuild) else _own_of_runtime(build)),
    }


def _own_of_torch(build: TorchBuild) -> dict[str, Any]:
    return {
        "tag": build.tag,
        "local": build.local,
        "cudnn": None if build.cudnn is None else str(build.cudnn),
        "nccl": None if build.nccl is None else str(build.nccl),
        "triton": None if build.triton is None else str(build.triton),
    }


def _own_of_runtime(build: OnnxRuntimeBuild) -> dict[str, Any]:
    return {"cuda": str(build.cuda), "cudnn_major": build.cudnn_major, "extras": list(build.extras)}


def _torch(facts: dict[str, Any]) -> TorchBuild:
    """Raise `ValueError`, `KeyError` or `TypeError` for anything that `_as_json` did not write."""
    python_min, python_max = (PythonVersion.parse(text) for text in facts["python"])
    return TorchBuild(
        version=Version(facts["version"]),
        tag=str(facts["tag"]),
        platform=_platform(facts["platform"]),
        sass=_codes(facts["sass"]),
        ptx=_codes(facts["ptx"]),
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
        provenance=_provenance(facts),
    )


def _runtime(facts: dict[str, Any]) -> OnnxRuntimeBuild:
    """Raise as `_torch` does."""
    python_min, python_max = (PythonVersion.parse(text) for text in facts["python"])
    return OnnxRuntimeBuild(
        version=Version(facts["version"]),
        platform=_platform(facts["platform"]),
        cuda=CudaVersion.parse(facts["cuda"]),
        cudnn_major=int(facts["cudnn_major"]),
        python_min=python_min,
        python_max=python_max,
        sass=_codes(facts["sass"]),
        ptx=_codes(facts["ptx"]),
        extras=tuple(str(extra) for extra in facts["extras"]),
        provenance=_provenance(facts),
    )


def _codes(texts: list[str]) -> frozenset[Architecture]:
    return frozenset(Architecture.parse(text) for text in texts)


def _provenance(facts: dict[str, Any]) -> Provenance:
    return Provenance(evidence=Evidence.BINARY_PARTIAL, source=str(facts["source"]), verified=str(facts["measured"]))


def _platform(text: object) -> PlatformName:
    for name in PLATFORM_NAMES:
        if name == text:
            return name
    raise ValueError(text)
