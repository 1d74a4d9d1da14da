"""Brings the source of a build to where it is built, with what its build needs beside the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gpuenv.build.source import (
    GitSource,
    NamedSource,
    SourceArchive,
    SourceTree,
    clone,
    name_of,
    unpack,
)
from gpuenv.build.tree import copy_tree
from gpuenv.build.wheel import check_source_tree
from gpuenv.errors import GpuenvError
from gpuenv.install.tool_folder import install_into
from gpuenv.models.settings import redact_url
from gpuenv.project.build_system import read_build_requirements
from gpuenv.workflow.builds.sdist import download_sdist

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuenv.build.source import Source
    from gpuenv.models.extension import Extension
    from gpuenv.workflow.builds.place import Place

_GIT_TIMEOUT_S: Final = 30
_WITH_SETUP_SCRIPT: Final = ("ninja", "packaging", "setuptools", "wheel")
"""What torch's own `cpp_extension` builds with, stated or not."""
_BEFORE_IT_IS_READ: Final = (Requirement("setuptools<81"),)
"""For an sdist that is still to be fetched: pip runs its setup script for its name, and many import what setuptools
82 dropped."""
_FAMILY: Final = frozenset({"torch", "torchvision", "torchaudio", "triton", "onnxruntime", "onnxruntime-gpu"})
"""Never brought beside the environment: a build against a second torch would not load."""


def fetch_tree(source: Source, place: Place, folder: Path, *, environ: Mapping[str, str]) -> Path:
    """Bring the tree into `folder`; `environ` is what a setup script runs with that has to tell its own name.

    Raises the codes of `unpack`, `clone`, `copy_tree`, `check_source_tree`, and `download_sdist`, and offline
    `source-needs-network` for a repository elsewhere.
    """
    tree = _brought(source, place, folder, environ)
    check_source_tree(tree)
    return tree


def _brought(source: Source, place: Place, folder: Path, environ: Mapping[str, str]) -> Path:
    match source:
        case SourceTree():
            check_source_tree(source.path)
            copy_tree(source.path, folder / "source")
            return folder / "source"
        case SourceArchive():
            return unpack(source.path, folder / "unpacked")
        case GitSource():
            if place.options.is_offline and not is_on_this_machine(source.url, environ):
                url = redact_url(source.url)
                raise GpuenvError("source-needs-network", package=name_of(source, url), source=url)
            return clone(source, folder / "clone", environ=environ, reporter=place.reporter)
        case NamedSource():
            return unpack(download_sdist(source.requirement, place, folder / "sdist", environ), folder / "unpacked")


def is_on_this_machine(url: str, environ: Mapping[str, str]) -> bool:
    """Whether git fetches it from this machine, also by the user's `url.*.insteadOf`."""
    from gpuenv.process import run  # noqa: PLC0415 - only for repositories

    asked = run(("git", "ls-remote", "--get-url", url), env=environ, timeout_s=_GIT_TIMEOUT_S)
    meant = asked.stdout.strip() if asked.succeeded else url
    return meant.startswith("file:") or Path(meant).is_dir()


def known_source(source: Source, extension: Extension | None) -> Source:
    """Take the repository of a package that PyPI has no source of."""
    if isinstance(source, NamedSource) and extension is not None and extension.git is not None:
        return GitSource(url=extension.git)
    return source


def install_tools(
    place: Place, folder: Path, *, tree: Path | None, extension: Extension | None, variables: Mapping[str, str]
) -> dict[str, str]:
    """Put what the build needs and the environment lacks into a folder; gives all variables of the build.

    The environment itself is left alone: the folder stands before it on the path of the build alone.
    """
    stated = read_build_requirements(tree) if tree is not None else _BEFORE_IT_IS_READ
    extra = extension.build_requires if extension is not None else ()
    uses_setuptools = tree is None or (tree / "setup.py").is_file()
    named = (*(_WITH_SETUP_SCRIPT if uses_setuptools else ()), *extra)
    wanted = list(_missing((*stated, *(Requirement(name) for name in named)), place))
    tools = folder / ("tools" if tree is not None else "tools-of-sdist")
    if wanted:
        place.reporter.stage("installing-build-requirements", packages=", ".join(wanted))
        install_into(
            tools,
            wanted,
            python=place.environment.python,
            settings=place.settings,
            environ=place.surroundings.environ,
            reporter=place.reporter,
            with_dependencies=True,
            excluded=sorted(_FAMILY),
            is_offline=place.options.is_offline,
        )
    paths = (str(tools / "bin"), str(place.environment.python.parent), variables["PATH"])
    return {
        **{name: value for name, value in place.surroundings.environ.items() if name != "PYTHONHOME"},
        **variables,
        **(dict(extension.build_variables) if extension is not None else {}),
        "PYTHONPATH": str(tools) if wanted else "",
        "PATH": os.pathsep.join(paths),
    }


def _missing(requirements: Iterable[Requirement], place: Place) -> Iterable[str]:
    """What the environment does not have in the version that is asked for; the family is never asked for."""
    seen: set[str] = set()
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        if name in _FAMILY or (requirement.marker is not None and not requirement.marker.evaluate()):
            continue
        found = place.environment.installed(name)
        if found is not None and requirement.specifier.contains(found.version, prereleases=True):
            continue
        text = str(requirement)
        if text not in seen:
            seen.add(text)
            yield text
