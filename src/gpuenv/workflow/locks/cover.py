"""Turns a range of cards into the fewest machines to lock for, each standing for all the cards of its group."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.resolve.covering import cover_range
from gpuenv.workflow.locks.resolution import lock_settings, resolve_for_lock
from gpuenv.workflow.target import choose_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.resolve.covering import Covering
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.locks.targets import Machines
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.matrix_data import MatrixData
    from gpuenv.workflow.resolving.resolution import Resolved

_MOST_ATTEMPTS: Final = 30
"""Each leaves out at least one build that no index has; a mirror with a handful of wheels needs several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A range, taken apart."""

    machines: Machines
    target: Target
    """All cards of the range; its platform and Python are those of each lock."""
    cards: Mapping[Gpu, str]
    """By GPU, as the options name it."""
    groups: tuple[tuple[Gpu, ...], ...]
    """One lock each."""
    uncovered: tuple[Gpu, ...]
    answers: Mapping[tuple[Gpu, ...], Resolved] = field(default_factory=dict)
    """What each group is resolved to."""
    notes: tuple[Notice, ...] = ()
    conflict: Resolved | None = None
    """Why there is no lock at all; None where there are groups."""

    def options(self, group: Sequence[Gpu]) -> Options:
        """The options by which a group is locked: as if one machine had all its cards."""
        return replace(self.machines.options, target=",".join(self.cards[gpu] for gpu in group))


def cover(
    machines: Machines, asked: LockOptions, surroundings: Surroundings, reporter: Reporter, data: MatrixData
) -> Cover:
    """Group the cards, by the matrix, and then by what the indexes really have."""
    cards, target = _cards(machines, surroundings, data)
    settings = lock_settings(surroundings)
    needed: dict[object, frozenset[str]] = {}

    def resolved(options: Options) -> Resolved:
        return resolve_for_lock(options, asked, surroundings, reporter, settings=settings, needed=needed, data=data)

    first = resolved(replace(machines.options, target=machines.cards[0]))
    if first.request is None:
        return Cover(machines=machines, target=target, cards=cards, groups=(), uncovered=target.gpus, conflict=first)
    if not isinstance(first.outcome, Conflict) and not first.outcome.coverage:
        # Nothing of it was built for a GPU: one lock serves every card.
        return Cover(machines=machines, target=target, cards=cards, groups=(target.gpus,), uncovered=())
    refused: list[frozenset[Gpu]] = []
    while True:
        found = cover_range(first.request, target, data.matrix, tables=data.tables, refused=tuple(refused))
        made = Cover(machines=machines, target=target, cards=cards, groups=found.groups, uncovered=found.uncovered)
        answers = {group: resolved(made.options(group)) for group in found.groups}
        missing = [frozenset(group) for group, answer in answers.items() if isinstance(answer.outcome, Conflict)]
        if not missing or len(refused) > _MOST_ATTEMPTS:
            break
        refused += missing
    if not found.groups:
        each = (first, *(resolved(replace(machines.options, target=card)) for card in machines.cards[1:]))
        return replace(made, conflict=next((one for one in each if isinstance(one.outcome, Conflict)), first))
    return replace(made, answers=answers, notes=tuple(_notes(made, found, answers)))


def _cards(machines: Machines, surroundings: Surroundings, data: MatrixData) -> tuple[dict[Gpu, str], Target]:
    """Find the GPU that each card means; cards that mean the same one count once."""
    found: dict[Gpu, str] = {}
    known: set[tuple[object, ...]] = set()
    target: Target | None = None
    for card in machines.cards:
        options = replace(machines.options, target=card)
        chosen = choose_target(options, surroundings, python=machines.python, gpu_models=data.gpu_models)
        if isinstance(chosen, Conflict):
            continue
        target = chosen.target
        for gpu in target.gpus:
            if (gpu.name, gpu.capabilities) not in known:
                known.add((gpu.name, gpu.capabilities))
                found[replace(gpu, index=len(found))] = card
    assert target is not None  # noqa: S101 - a described card is a target or an error, never a conflict
    return found, replace(target, gpus=tuple(found))


def _notes(made: Cover, found: Covering, answers: Mapping[tuple[Gpu, ...], Resolved]) -> Iterator[Notice]:
    where = {"platform": made.target.platform.name, "python": str(made.target.python)}
    if made.uncovered:
        yield Notice.of("lock-cards-without-build", gpus=tuple(gpu.label for gpu in made.uncovered), **where)
    newest = dict(found.newest)
    held: dict[tuple[str, str], list[str]] = {}
    for gpu in made.target.gpus:
        given = [
            pin.version
            for group, answer in answers.items()
            if gpu in group
            and not isinstance(answer.outcome, Conflict)
            and (pin := answer.outcome.pin("torch")) is not None
        ]
        if given and gpu in newest and max(given).public < newest[gpu].public:
            held.setdefault((max(given).public, newest[gpu].public), []).append(gpu.label)
    for (older, newer), gpus in held.items():
        yield Notice.of("lock-cover-holds-back", gpus=tuple(gpus), older=older, newer=newer, **where)
