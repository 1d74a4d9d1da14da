"""Asks the engine whether the default index has a release that is newer than all that the matrix knows."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name, parse_wheel_filename

from gpuenv.errors import GpuenvError
from gpuenv.models.index import IndexedWheel, ProjectPage, Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.version import Version

    from gpuenv.models.platform import Platform, PythonVersion
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.target import Target

Answers: TypeAlias = "dict[tuple[str, str, Platform, PythonVersion], ProjectPage | None]"
"""What the engine answered, by project, limits, platform and Python."""

_WHEEL: Final = re.compile(
    r'(?:url|path) = "(?P<url>(?:[^"]*/)?(?P<filename>[^"/]+\.whl))".*?sha256 = "(?P<sha256>[0-9a-f]{64})"', re.DOTALL
)
"""A wheel in a `pylock.toml`."""
_IMPATIENT: Final = {"UV_HTTP_RETRIES": "0"}
"""The question can go unanswered: without a network nobody is to wait for it."""


def newer_release(
    project: str,
    newest: Version,
    request: Request,
    target: Target,
    settings: IndexSettings,
    environ: Mapping[str, str],
    reporter: Reporter,
    *,
    answers: Answers,
) -> ProjectPage | None:
    """Find the wheel of a newer release that the target installs and the request admits, as a page of its own.

    Where the request names a build by its local label, that one is looked for, newer or not. None where there is
    none, or where the index cannot be asked: the matrix' own builds serve then. The same is asked once for all of
    those who share `answers`.
    """
    asked = request.requirement(project)
    specifier = str(asked.specifier) if asked else ""
    limits = specifier if "+" in specifier else ",".join(part for part in (specifier, f">{newest}") if part)
    question = (project, limits, target.platform, target.python)
    if question not in answers:
        answers[question] = _asked(project, limits, target, settings, environ, reporter)
    return answers[question]


def _asked(
    project: str,
    limits: str,
    target: Target,
    settings: IndexSettings,
    environ: Mapping[str, str],
    reporter: Reporter,
) -> ProjectPage | None:
    from gpuenv.install.closures.closure import compile_pylock  # noqa: PLC0415 - only where the default index serves

    try:
        text = compile_pylock(
            (),
            (f"{project}{limits}",),
            python=Path(sys.executable),
            python_version=target.python,
            platform=target.platform,
            settings=settings,
            environ={**_IMPATIENT, **environ},
            reporter=reporter,
        )
    except GpuenvError:
        return None
    return parse_wheel_of(project, text)


def parse_wheel_of(project: str, text: str) -> ProjectPage | None:
    """Read the wheel of a project from a `pylock.toml`.

    wheels = [{ url = "https://mirror.example/torch-2.16.0-cp312-cp312-manylinux_2_28_x86_64.whl", size = 539136850,
    hashes = { sha256 = "48c2d8..." } }]
    """
    for found in _WHEEL.finditer(text):
        filename = unquote(urlsplit(found["filename"]).path)
        name, version, build, tags = parse_wheel_filename(filename)
        if name == canonicalize_name(project):
            wheel = IndexedWheel(
                name=name,
                version=version,
                build=build,
                tags=tags,
                filename=filename,
                url=found["url"],
                sha256=found["sha256"],
            )
            return ProjectPage(source=Source(kind=SourceKind.PYPI), tag=None, project=name, wheels=(wheel,))
    return None
