"""Finds the wheels of a project: on the default index, as pip and uv are configured, or on an index or in a folder."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from packaging.version import Version

from gpuenv.index.folder import folder_of
from gpuenv.index.pages import read_project_page
from gpuenv.install.engines.uv import engine_environment, find_uv
from gpuenv.models.index import Source, SourceKind
from gpuenv.process import run
from gpuenv.project.uv_arguments import uv_index_arguments, uv_index_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings

FIRST: Final = {"torch": "2.0", "onnxruntime-gpu": "1.16"}

NEWEST_GLIBC: Final = 40
"""Every wheel for Linux is asked for: onnxruntime-gpu for aarch64 is `manylinux_2_34`."""
GLIBC: Final = tuple(f"manylinux_2_{minor}" for minor in range(NEWEST_GLIBC, 16, -1))
PIP_PLATFORMS: Final = {
    "linux-x86_64": tuple(f"{tag}_x86_64" for tag in (*GLIBC, "manylinux2014", "manylinux2010", "manylinux1", "linux")),
    "linux-aarch64": tuple(f"{tag}_aarch64" for tag in (*GLIBC, "manylinux2014", "linux")),
    "windows-x86_64": ("win_amd64",),
    "macos-arm64": ("macosx_14_0_arm64", "macosx_11_0_arm64"),
}
UV_PLATFORMS: Final = {
    "linux-x86_64": f"x86_64-manylinux_2_{NEWEST_GLIBC}",
    "linux-aarch64": f"aarch64-manylinux_2_{NEWEST_GLIBC}",
    "windows-x86_64": "x86_64-pc-windows-msvc",
    "macos-arm64": "aarch64-apple-darwin",
}
OF_UV: Final = {"UV_PYTHON_DOWNLOADS": "never", "MACOSX_DEPLOYMENT_TARGET": "14.0"}
"""Variables for uv; torch from 2.12 on asks for macOS 14."""
PYTHONS: Final = ("3.11", "3.12", "3.10", "3.13")
"""Tried in this order: GPU code is the same for every Python, and 3.11 has a wheel of nearly every release."""
TAG: Final = re.compile(r"cu\d{2,3}|cpu")
_WHEEL: Final = re.compile(r'url = "(?P<url>[^"]+\.whl)".*?sha256 = "(?P<sha256>[0-9a-f]{64})"', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One wheel to be measured."""

    project: str
    platform: str
    place: str
    """URL or path."""
    sha256: str | None
    tag: str | None = None
    """The CUDA tag of the index that lists it; None for the default index and flat places."""

    @property
    def filename(self) -> str:
        """The wheel's name."""
        return unquote(urlsplit(self.place).path).replace("\\", "/").rpartition("/")[2]


def on_default_index(
    project: str,
    platform: str,
    since: Version,
    chosen: set[Version],
    settings: IndexSettings,
    surroundings: Surroundings,
) -> Iterator[Found]:
    """Ask pip which releases there are, and uv where their wheels lie."""
    for version in releases(project, platform, surroundings):
        if version >= since and version.local is None and (not chosen or version in chosen):
            for python in PYTHONS:
                wheel = locate(project, platform, version, python, settings, surroundings)
                if wheel is not None:
                    yield wheel
                    break
            else:
                print(f"{project} {version}: no wheel for {platform}", file=sys.stderr)


def releases(project: str, platform: str, surroundings: Surroundings) -> list[Version]:
    """Ask pip for the releases of a project, newest first."""
    versions: set[Version] = set()
    for python in PYTHONS:
        wanted = [part for tag in PIP_PLATFORMS[platform] for part in ("--platform", tag)]
        argv = [sys.executable, "-m", "pip", "index", "versions", project, "--json", "--python-version", python]
        asked = run([*argv, "--only-binary", ":all:", *wanted], env=surroundings.environ, timeout_s=120)
        if asked.succeeded:
            versions |= {Version(text) for text in json.loads(asked.stdout)["versions"]}
    return sorted(versions, reverse=True)


def locate(
    project: str,
    platform: str,
    version: Version,
    python: str,
    settings: IndexSettings,
    surroundings: Surroundings,
) -> Found | None:
    """Ask uv for the address and the hash of a release's wheel; None where there is none for this Python."""
    environ = {**engine_environment(surroundings.environ), **uv_index_environment(settings, surroundings.environ)}
    with tempfile.TemporaryDirectory(prefix="gpuenv-") as folder:
        requirements, output = Path(folder, "requirements.in"), Path(folder, "pylock.toml")
        requirements.write_text(f"{project}==={version}\n", encoding="utf-8")
        argv = [str(find_uv(surroundings.environ)), "pip", "compile", str(requirements), "--output-file", str(output)]
        argv += ["--format", "pylock.toml", "--no-deps", "--only-binary", ":all:", "--quiet", "--no-header"]
        argv += ["--python-version", python, "--python-platform", UV_PLATFORMS[platform]]
        argv += uv_index_arguments(settings, surroundings.environ)
        if not run(argv, env={**environ, **OF_UV}, timeout_s=300).succeeded:
            return None
        found = _WHEEL.search(output.read_text(encoding="utf-8"))
    if found is None:
        return None
    return Found(project=project, platform=platform, place=found["url"], sha256=found["sha256"])


def on_index(place: str, project: str, platform: str, settings: IndexSettings) -> Iterator[Found]:
    """List the wheels of a PyTorch-style index, a page of links or a folder, one per version and tag."""
    seen = set()
    for source, tag in places(place):
        page = read_project_page(source, tag, project, settings=settings, cache=None)
        named = tag or tag_in(place)
        for wheel in page.wheels:
            if platform_of(wheel.filename) == platform and (wheel.version, named) not in seen:
                seen.add((wheel.version, named))
                yield Found(project=project, platform=platform, place=wheel.url, sha256=wheel.sha256, tag=named)


def places(place: str) -> Iterator[tuple[Source, str | None]]:
    """Take a place apart: a folder may hold one folder for each tag, or wheels; a URL is an index or a page."""
    folder = folder_of(place)
    if folder is None:
        is_page = urlsplit(place).path.endswith((".html", ".htm"))
        kind = SourceKind.FIND_LINKS if is_page else SourceKind.PYTORCH
        yield Source(kind=kind, location=place), None
        return
    tags = sorted(one.name for one in folder.iterdir() if TAG.fullmatch(one.name)) if folder.is_dir() else []
    if tags:
        yield from ((Source(kind=SourceKind.PYTORCH, location=str(folder)), tag) for tag in tags)
    else:
        yield Source(kind=SourceKind.FIND_LINKS, location=str(folder)), None


def tag_in(place: str) -> str | None:
    """Find the tag that an index is named by: `https://mirror.example/whl/cu130`."""
    last = urlsplit(place).path.rstrip("/").rpartition("/")[2]
    return last if TAG.fullmatch(last) else None


def platform_of(filename: str) -> str:
    """Tell the platform that a wheel is for."""
    marks = {"win_amd64": "windows-x86_64", "aarch64": "linux-aarch64", "macosx": "macos-arm64"}
    return next((platform for mark, platform in marks.items() if mark in filename), "linux-x86_64")
