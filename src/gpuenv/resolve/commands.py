"""Writes the command that asks the same question with a change: what a hint tells a person to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.request import IndexPolicy
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.requirements import Requirement

    from gpuenv.models.cuda import DriverVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.resolve.problem import Problem

_SPECIAL = frozenset("<>!~ *;[]()&|$'@")
"""What a shell would take for something else."""


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


def command(problem: Problem, change: Change) -> str:
    """Write the command: `gpuenv install` for this machine, `gpuenv plan` with its description for another."""
    is_here = problem.target.origin == "detected"
    request = problem.request
    asked = requirement_words(request.requirements) if change.requirements is None else change.requirements
    words = [
        "gpuenv",
        "install" if is_here else "plan",
        *([asked] if asked else []),
        *(quoted(text) for text in request.others if not text.startswith("-")),
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


def requirement_words(requirements: Sequence[Requirement]) -> str:
    """Write requirements as they are typed."""
    return " ".join(quoted(str(found)) for found in requirements)


def quoted(text: str) -> str:
    """Quote a word where a shell would not take it as it stands."""
    return f'"{text}"' if _SPECIAL.intersection(text) else text


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
