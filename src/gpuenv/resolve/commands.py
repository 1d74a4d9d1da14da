"""Writes the command that asks the same question with a change: what a hint tells a person to run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from gpuenv.models.request import IndexPolicy
from gpuenv.models.settings import redact_url
from gpuenv.models.typed_command import TypedCommand, quoted
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.requirements import Requirement

    from gpuenv.models.cuda import DriverVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.resolve.problem import Problem


_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""The project that a requirement starts with; options start with a dash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is asked otherwise; None: as before."""

    requirements: str | None = None
    """Of the family, quoted."""
    gpus: tuple[Gpu, ...] | None = None
    """() for the CPU."""
    driver: DriverVersion | None = None
    python: str | None = None
    indexes: str | None = None
    platform: str | None = None
    channel: str | None = None
    extensions: tuple[tuple[str, str | None], ...] = ()
    """What to ask for in place of an extension, by project; None: leave it out."""


def command(problem: Problem, change: Change) -> str:
    """Write the command: what was typed with the change, where it was typed.

    Else `gpuenv install` for this machine, `gpuenv plan` with its description for another.
    """
    if problem.request.typed is not None:
        return str(_typed(problem, problem.request.typed, change))
    is_here = problem.target.origin == "detected"
    request = problem.request
    asked = requirement_words(request.requirements) if change.requirements is None else change.requirements
    words = [
        "gpuenv",
        "install" if is_here else "plan",
        *([asked] if asked else []),
        *_others(problem, change),
        *(_here(problem, change) if is_here else _there(problem, change)),
    ]
    indexes = change.indexes or indexes_word(problem)
    if indexes is not None and indexes != IndexPolicy.AUTO.value:
        words += ["--indexes", quoted(indexes)]
    elif change.indexes is not None:
        words += ["--indexes", change.indexes]
    channel = change.channel or request.channel
    if channel != "stable":
        words += ["--channel", channel]
    return " ".join(words)


def _typed(problem: Problem, typed: TypedCommand, change: Change) -> TypedCommand:
    """Say again what was typed, and what is to be different."""
    if change.requirements is not None:
        typed = typed.asking_for(*filter(None, (change.requirements, *_others(problem, change))))
    if change.gpus is not None:
        names = ",".join(gpu.name for gpu in change.gpus) or "cpu"
        typed = typed.without("--gpu").with_option("--target", names)
    is_here, environment = problem.target.origin == "detected", problem.environment
    if is_here and change.python is not None and environment is not None and typed.takes("--venv"):
        typed = typed.with_option("--venv", f"{environment.root}-{change.python}")
    said = (
        ("--driver", None if change.driver is None or is_here else str(change.driver)),
        ("--python", change.python),
        ("--platform", change.platform),
        ("--indexes", change.indexes),
        ("--channel", change.channel),
    )
    for option, value in said:
        typed = typed if value is None else typed.with_option(option, value)
    return typed


def _others(problem: Problem, change: Change) -> Iterator[str]:
    """Write what is asked for outside the family: extensions wait apart until torch is chosen."""
    instead = dict(change.extensions)
    written = set()
    texts = (*problem.request.others, *(str(found.requirement) for found in problem.request.pairings))
    for text in texts:
        named = _NAME.match(text)
        name = canonicalize_name(named[0]) if named is not None else text
        wanted = instead.get(name, text)
        if named is not None and name not in written and wanted is not None:
            yield quoted(wanted)
        written.add(name)


def requirement_words(requirements: Sequence[Requirement]) -> str:
    """Write requirements as they are typed."""
    return " ".join(quoted(str(found)) for found in requirements)


def _here(problem: Problem, change: Change) -> Iterator[str]:
    """On this machine only what changes is said; another Python takes another environment."""
    if change.gpus == ():
        yield from ("--target", "cpu")
    elif change.gpus is not None:
        yield from ("--target", quoted(",".join(gpu.name for gpu in change.gpus)))
    if change.python is not None:
        yield from ("--python", change.python)
    environment = problem.environment
    if environment is not None:
        root = str(environment.root)
        yield from ("--venv", quoted(root if change.python is None else f"{root}-{change.python}"))


def _there(problem: Problem, change: Change) -> Iterator[str]:
    target = problem.target
    gpus = target.gpus if change.gpus is None else change.gpus
    yield from ("--target", quoted(",".join(gpu.name for gpu in gpus)) if gpus else "cpu")
    stated = target.driver.version if target.driver is not None else None
    driver = change.driver or stated
    if driver is not None and gpus:
        yield from ("--driver", str(driver))
    yield from ("--platform", change.platform or target.platform.name)
    yield from ("--python", change.python or str(target.python))


def indexes_word(problem: Problem) -> str | None:
    """Write what was said to --indexes, without credentials."""
    request = problem.request
    if request.policy is IndexPolicy.LOCATION:
        location = next((source.location for source in request.sources), None)
        return redact_url(location) if location is not None else None
    return str(request.policy.value)
