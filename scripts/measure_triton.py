#!/usr/bin/env python3
"""Reads which CUDA version the ptxas programs inside Triton's wheels are of, and writes one JSON line for each release.

    scripts/measure_triton.py > triton.jsonl
    scripts/measure_triton.py --version 3.9.0 --platform linux-aarch64

Which wheels there are is asked of pip and uv, with the user's own configuration. Only the programs themselves are
fetched, through range requests, and nothing is kept: the version stands in them as `Cuda compilation tools, release`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from find_wheels import PYTHONS, Found, locate, releases
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.index.remote_file import RemoteFile
from gpuenv.models.platform import PLATFORM_NAMES
from gpuenv.models.surroundings import Surroundings
from gpuenv.project.pip_configuration import read_index_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.settings import IndexSettings

PROJECT: Final = "triton"
PROGRAM: Final = re.compile(r"(?:.*/)?(ptxas(?:-[a-z]+)?)")
RELEASE: Final = re.compile(rb"Cuda compilation tools, release (\d+\.\d+), V(\d+\.\d+\.\d+)")
CHUNK: Final = 1 << 20
LONGEST: Final = 100
"""Bytes kept of the chunk before, in case the text lies across both."""


def main() -> int:
    """Measure every release, or those named; 1 if anything could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="append", default=[], help="this release only")
    parser.add_argument("--platform", choices=PLATFORM_NAMES, default="linux-x86_64")
    arguments = parser.parse_args()
    surroundings = Surroundings(
        environ=dict(os.environ), cwd=Path.cwd(), home=Path.home(), now=datetime.now(tz=timezone.utc)
    )
    settings = read_index_settings(surroundings, venv=None)
    chosen = [Version(version) for version in arguments.version] or releases(PROJECT, arguments.platform, surroundings)
    failures = 0
    for version in chosen:
        found = wheel_of(version, arguments.platform, settings, surroundings)
        row = None if found is None else measured(found, version, settings)
        failures += row is None
        if row is not None:
            print(json.dumps(row), flush=True)
    return 1 if failures else 0


def wheel_of(version: Version, platform: str, settings: IndexSettings, surroundings: Surroundings) -> Found | None:
    """Find a wheel of a release, for whichever Python has one."""
    for python in (*PYTHONS, "3.9", "3.13"):
        found = locate(PROJECT, platform, version, python, settings, surroundings)
        if found is not None:
            return found
    print(f"{PROJECT} {version}: no wheel for {platform}", file=sys.stderr)
    return None


def measured(found: Found, version: Version, settings: IndexSettings) -> dict[str, Any] | None:
    """Read the programs of one wheel; what went wrong is told."""
    place = urlsplit(found.place)
    try:
        with (
            Path(url2pathname(place.path)).open("rb")
            if place.scheme == "file"
            else RemoteFile(found.place, settings) as file,
            zipfile.ZipFile(file) as archive,
        ):
            programs = dict(_programs(archive))
    except (GpuenvError, OSError, zipfile.BadZipFile) as error:
        print(f"{found.filename}: {error}", file=sys.stderr)
        return None
    return {
        "project": PROJECT,
        "version": str(version),
        "platform": found.platform,
        "filename": found.filename,
        "sha256": found.sha256,
        "programs": programs,
        "measured": datetime.now(tz=timezone.utc).date().isoformat(),
    }


def _programs(archive: zipfile.ZipFile) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each ptxas by name, with its CUDA version and its own full version."""
    for member in archive.infolist():
        named = PROGRAM.fullmatch(member.filename)
        if named is not None:
            yield named[1], _version_in(archive, member)


def _version_in(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> dict[str, str]:
    """Read on until the version comes by."""
    with archive.open(member) as stream:
        before = b""
        while chunk := stream.read(CHUNK):
            found = RELEASE.search(before + chunk)
            if found is not None:
                return {"cuda": found[1].decode(), "full": found[2].decode()}
            before = chunk[-LONGEST:]
    return {}


if __name__ == "__main__":
    sys.exit(main())
