"""Asks uv what else an existing environment needs beside the chosen family: a dry run, nothing is changed."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.install.engines.generated_project import project_text
from gpuenv.install.engines.index_access import index_access
from gpuenv.install.engines.uv import find_uv, without_credentials
from gpuenv.install.engines.uv_failures import why_failed
from gpuenv.models.execution import LockedPackage
from gpuenv.process import run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Pin
    from gpuenv.models.settings import IndexSettings

_ADDITION: Final = re.compile(r"^ [+~] (?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s]+)", re.MULTILINE)


def preview_install(
    pins: Sequence[Pin],
    others: Sequence[str],
    *,
    python: Path,
    kept: Collection[str],
    equal: Collection[str] = (),
    settings: IndexSettings,
    environ: Mapping[str, str],
    constraints: Sequence[str] = (),
    excluded: Sequence[str] = (),
    upgraded: Sequence[str] = (),
    is_offline: bool = False,
    reporter: Reporter,
) -> tuple[LockedPackage, ...]:
    """List what uv would add to or change in the environment of `python`, the family included, sorted by name.

    What is installed and still fits stays as it is. The pins of `kept` projects are met by what is installed, so
    their own source is not asked; `equal` projects are installed in that very version, as another build. `excluded`
    projects are left out whatever depends on them; `upgraded` ones of the others become the newest.

    Raises the codes of `why_failed`.
    """
    changing = [pin for pin in pins if pin.project not in kept]
    requirements = [f"{pin.project}=={pin.version}" if pin.project in kept else pin.requirement for pin in pins]
    access = index_access(settings, environ, changing)
    with tempfile.TemporaryDirectory(prefix="gpuenv-") as made:
        folder = Path(made)
        project = _written(folder / "pyproject.toml", project_text(requirements, access.explicit))
        argv = (
            *(str(find_uv(environ)), "pip", "install", "--dry-run", "--python", str(python)),
            *("--requirements", project, "--requirements", _listed(folder / "requirements.in", others)),
            *("--constraints", _listed(folder / "constraints.txt", constraints)),
            *("--excludes", _listed(folder / "excludes.txt", excluded)),
            *(part for pin in changing if pin.project in equal for part in ("--reinstall-package", pin.project)),
            *(part for name in upgraded for part in ("--upgrade-package", name)),
            *(part for file in settings.constraints for part in ("--constraints", file)),
            *access.arguments,
            *(("--offline",) if is_offline else ()),
        )
        result = run(argv, env=access.environ, cwd=folder)
    for line in result.stderr.splitlines():
        reporter.output(without_credentials(line))
    if not result.succeeded:
        cause = why_failed(result.stderr, exit_code=result.exit_code)
        raise GpuenvError(cause.code, **cause.context)
    return parse_preview(result.stderr)


def _listed(path: Path, lines: Sequence[str]) -> str:
    return _written(path, "".join(f"{line}\n" for line in lines))


def _written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def parse_preview(text: str) -> tuple[LockedPackage, ...]:
    r"""Read the additions out of what a dry run prints.

    >>> [str(found.version) for found in parse_preview("Would install 1 package\n - x==1.0\n + x==2.0\n")]
    ['2.0']
    """
    additions = (
        LockedPackage(project=canonicalize_name(found["name"]), version=Version(found["version"]))
        for found in _ADDITION.finditer(text)
    )
    return tuple(sorted(additions, key=lambda package: package.project))
