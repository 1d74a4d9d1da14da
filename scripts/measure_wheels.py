#!/usr/bin/env python3
"""Reads the GPU code of released wheels through range requests and writes one JSON line for each.

    scripts/measure_wheels.py --project torch --platform linux-x86_64 > measured.jsonl
    scripts/measure_wheels.py --project onnxruntime-gpu --since 1.16 --full
    scripts/measure_wheels.py --index https://mirror.example/whl/cu130 --project torch --platform linux-aarch64
    scripts/measure_wheels.py --index /srv/wheels --project torch        # flat, <tag>/, <tag>/<project>/
    scripts/measure_wheels.py wheels/torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl

Which wheels there are is asked of pip and uv, with the user's own configuration, or of the index or folder given.
Nothing is kept but the results, by the wheel's hash: run it again after an interruption and it goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from find_wheels import FIRST, Found, on_default_index, on_index, platform_of
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from gpuenv.binaries.main_set import main_set
from gpuenv.binaries.wheel import read_wheel
from gpuenv.errors import GpuenvError
from gpuenv.index.folder import folder_of
from gpuenv.index.remote_file import RemoteFile
from gpuenv.models.platform import PLATFORM_NAMES
from gpuenv.models.settings import redact_url
from gpuenv.models.surroundings import Surroundings
from gpuenv.project.folders import cache_folder
from gpuenv.project.pip_configuration import read_index_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.settings import IndexSettings

MAIN_LIBRARIES: Final = {
    "torch": re.compile(r"torch/lib/(?:lib)?torch_cuda(?:_cu|_cpp)?\.(?:so|dll)"),
    "onnxruntime-gpu": re.compile(r"onnxruntime/capi/(?:lib)?onnxruntime_providers_cuda\.(?:so|dll)"),
}
"""The libraries whose code is that of the build; wheels without them are for the CPU."""
ANY_LIBRARY: Final = re.compile(r".*\.(?:so(?:\.\d+)*|dll|pyd)")
"""Of other projects' wheels every library is read."""


def main() -> int:
    """Measure what the arguments name; 1 if anything could not be measured."""
    arguments = parse_arguments()
    surroundings = Surroundings(
        environ=dict(os.environ), cwd=Path.cwd(), home=Path.home(), now=datetime.now(tz=timezone.utc)
    )
    settings = read_index_settings(surroundings, venv=None)
    kept = Kept(cache_folder(surroundings) / "measured.jsonl")
    failures = 0
    try:
        for found in wheels(arguments, settings, surroundings):
            row = measured_or_told(found, settings, kept, is_thorough=arguments.full)
            failures += row is None
            if row is not None:
                print(json.dumps(row), flush=True)
    except (GpuenvError, InvalidWheelFilename) as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if failures else 0


def measured_or_told(found: Found, settings: IndexSettings, kept: Kept, *, is_thorough: bool) -> dict[str, Any] | None:
    """Measure one wheel; what went wrong is told, and the next one follows."""
    try:
        return measured(found, settings, kept, is_thorough=is_thorough)
    except GpuenvError as error:
        print(f"{found.filename}: {error}", file=sys.stderr)
        return None


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", nargs="*", metavar="WHEEL|URL", help="measure these only")
    parser.add_argument("--project", action="append", choices=sorted(MAIN_LIBRARIES), help="default: all")
    parser.add_argument("--platform", action="append", choices=PLATFORM_NAMES, help="default: linux-x86_64")
    parser.add_argument("--since", metavar="VERSION", help="the oldest release (default: 2.0 of torch, 1.16 of ORT)")
    parser.add_argument("--version", action="append", default=[], help="this release only")
    parser.add_argument("--index", metavar="URL|DIR", help="a PyTorch-style index, or a folder of wheels")
    parser.add_argument("--full", action="store_true", help="read the whole library, not only its first part")
    return parser.parse_args()


def wheels(arguments: argparse.Namespace, settings: IndexSettings, surroundings: Surroundings) -> Iterator[Found]:
    """Find the wheels."""
    if arguments.wheels:
        for place in arguments.wheels:
            named = Found(project="", platform="", place=place, sha256=None)
            project = str(parse_wheel_filename(named.filename)[0])
            yield replace(named, project=project, platform=platform_of(named.filename))
        return
    for project in arguments.project or sorted(MAIN_LIBRARIES):
        since = Version(arguments.since or FIRST[project])
        chosen = {Version(version) for version in arguments.version}
        for platform in arguments.platform or ["linux-x86_64"]:
            if arguments.index:
                found = on_index(arguments.index, project, platform, settings)
            else:
                found = on_default_index(project, platform, since, chosen, settings, surroundings)
            for wheel in found:
                version = parse_wheel_filename(wheel.filename)[1]
                if version >= since and (not chosen or {version, Version(version.public)} & chosen):
                    yield wheel


def measured(found: Found, settings: IndexSettings, kept: Kept, *, is_thorough: bool) -> dict[str, Any]:
    """Measure one wheel, or tell what was measured before: a full measurement serves for a partial one."""
    row = kept.row(found.filename, found.sha256, is_thorough=is_thorough)
    if row is None:
        path = folder_of(found.place)
        row = measure_remote(found, settings, is_thorough=is_thorough) if path is None else measure_local(found, path)
        kept.add(row)
    return row if found.tag is None else {**row, "tag": found.tag}


def measure_remote(found: Found, settings: IndexSettings, *, is_thorough: bool) -> dict[str, Any]:
    """Read the main library of a wheel on a server."""
    with RemoteFile(found.place, settings) as file:
        row = _row(found, file, is_thorough=is_thorough)
        return {**row, "size": file.size, "bytes_fetched": file.bytes_fetched}


def measure_local(found: Found, path: Path) -> dict[str, Any]:
    """Read the main library of a wheel on disk, all of it."""
    try:
        with path.open("rb") as file:
            row = _row(found, file, is_thorough=True)
            file.seek(0)
            digest = hashlib.sha256()
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise GpuenvError("file-unreadable", path=str(path), detail=str(error)) from error
    return {**row, "sha256": digest.hexdigest(), "size": path.stat().st_size, "bytes_fetched": None}


def _row(found: Found, file: Any, *, is_thorough: bool) -> dict[str, Any]:  # noqa: ANN401 - any binary file
    wanted = MAIN_LIBRARIES.get(found.project, ANY_LIBRARY).fullmatch
    files = read_wheel(
        file, redact_url(found.place), is_thorough=is_thorough, wanted=lambda path: wanted(path) is not None
    )
    name, version, *_ = parse_wheel_filename(found.filename)
    sets = [main_set(part.summary) for part in files]
    return {
        "project": str(name),
        "version": str(version),
        "platform": found.platform,
        "filename": found.filename,
        "sha256": found.sha256,
        "sass": _joined([architecture for one in sets for architecture in one.sass]),
        "ptx": _joined([architecture for one in sets for architecture in one.ptx]),
        "extra_sass": _joined([architecture for one in sets for architecture in one.extra_sass]),
        "extra_ptx": _joined([architecture for one in sets for architecture in one.extra_ptx]),
        "containers": sum(part.summary.containers for part in files),
        "libraries": [part.path.partition("!")[2] for part in files],
        "evidence": "binary-partial" if any(part.summary.is_partial for part in files) else "binary",
        "measured": datetime.now(tz=timezone.utc).date().isoformat(),
    }


def _joined(architectures: list[Any]) -> list[str]:
    return [str(architecture) for architecture in sorted(set(architectures))]


class Kept:
    """The results so far, in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        """Read the file, if it is there."""
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._rows = [json.loads(line) for line in lines]

    def row(self, filename: str, sha256: str | None, *, is_thorough: bool) -> dict[str, Any] | None:
        """Find a wheel's result by name and hash."""
        for row in reversed(self._rows):
            is_enough = row["evidence"] == "binary" or not is_thorough
            if sha256 is not None and (row["filename"], row["sha256"]) == (filename, sha256) and is_enough:
                return dict(row)
        return None

    def add(self, row: dict[str, Any]) -> None:
        """Keep a result at once: the next wheel may be interrupted."""
        self._rows.append(row)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    sys.exit(main())
