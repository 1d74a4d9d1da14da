"""Asks the engine which torch a release of an extension takes that the matrix does not know."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from gpuenv.errors import GpuenvError
from gpuenv.models.extension import ExtensionRelease

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.models.extension import Pairing
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target


def with_unknown_releases(
    pairings: tuple[Pairing, ...],
    target: Target,
    settings: IndexSettings,
    surroundings: Surroundings,
    reporter: Reporter,
) -> Iterator[Pairing]:
    """Give a release that is newer or older than those of the matrix the newest torch that its metadata admits.

    What the engine finds is the newest, so that an older torch may still be refused by the metadata, never a newer
    one. Where nobody can tell, torch stays open.
    """
    for pairing in pairings:
        is_unknown = bool(pairing.known and pairing.requirement.specifier and not pairing.releases)
        release = _asked(pairing, target, settings, surroundings, reporter) if is_unknown else None
        yield pairing if release is None else replace(pairing, releases=(release,), is_binding=True)


def _asked(
    pairing: Pairing, target: Target, settings: IndexSettings, surroundings: Surroundings, reporter: Reporter
) -> ExtensionRelease | None:
    from gpuenv.install.closures.closure import compile_closure  # noqa: PLC0415 - few ask for what is not known

    reporter.stage("resolving-dependencies")
    try:
        closure = compile_closure(
            (),
            (f"--only-binary {pairing.package}", str(pairing.requirement)),
            python=Path(sys.executable),
            python_version=target.python,
            platform=target.platform,
            settings=settings,
            environ=surroundings.environ,
            with_hashes=False,
        )
    except GpuenvError:
        return None  # it is asked again with the torch that is chosen, and then says why not
    found = {package.project: package.version for package in closure}
    if pairing.package not in found or "torch" not in found:
        return None
    return ExtensionRelease(version=found[pairing.package], torch=SpecifierSet(f"<={found['torch'].public}"))
