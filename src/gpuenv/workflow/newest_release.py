"""Asks the engine whether the default index has a release of torch that is newer than all that the matrix knows."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from packaging.utils import parse_wheel_filename

from gpuenv.errors import GpuenvError
from gpuenv.models.index import IndexedWheel, ProjectPage, Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.version import Version

    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.target import Target

_PROJECT: Final = "torch"
_WHEEL: Final = re.compile(
    r'url = "(?P<url>[^"]*/(?P<filename>torch-[^"/]+\.whl))".*?sha256 = "(?P<sha256>[0-9a-f]{64})"', re.DOTALL
)
"""The wheel of torch in a `pylock.toml`."""


def newer_release(
    newest: Version,
    request: Request,
    target: Target,
    settings: IndexSettings,
    environ: Mapping[str, str],
    reporter: Reporter,
) -> ProjectPage | None:
    """Find the wheel of a newer release that the target installs and the request admits, as a page of its own.

    None where there is none, or where the index cannot be asked: the matrix' own builds serve then.
    """
    from gpuenv.install.closure import compile_pylock  # noqa: PLC0415 - only where the default index serves

    asked = request.requirement(_PROJECT)
    limits = ",".join(part for part in (str(asked.specifier) if asked else "", f">{newest}") if part)
    try:
        text = compile_pylock(
            (),
            (f"{_PROJECT}{limits}",),
            python=Path(sys.executable),
            python_version=target.python,
            platform=target.platform,
            settings=settings,
            environ=environ,
            reporter=reporter,
        )
    except GpuenvError:
        return None
    return parse_torch_wheel(text)


def parse_torch_wheel(text: str) -> ProjectPage | None:
    """Read the wheel of torch from a `pylock.toml`.

    wheels = [{ url = "https://mirror.example/torch-2.16.0-cp312-cp312-manylinux_2_28_x86_64.whl", size = 539136850,
    hashes = { sha256 = "48c2d8..." } }]
    """
    found = _WHEEL.search(text)
    if found is None:
        return None
    filename = unquote(urlsplit(found["filename"]).path)
    name, version, build, tags = parse_wheel_filename(filename)
    wheel = IndexedWheel(
        name=name, version=version, build=build, tags=tags, filename=filename, url=found["url"], sha256=found["sha256"]
    )
    return ProjectPage(source=Source(kind=SourceKind.PYPI), tag=None, project=name, wheels=(wheel,))
