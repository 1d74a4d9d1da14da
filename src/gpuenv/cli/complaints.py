"""Makes coded errors of what argparse complains about, with the names that are near to a wrong one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.cli.commands import ALIASES, COMMANDS
from gpuenv.errors import UsageError
from gpuenv.models.typed_command import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NEAR: Final = 0.6
_SHOWN: Final = 3

_UNKNOWN: Final = re.compile(r"unrecognized arguments: (?P<words>.+)", re.DOTALL)
_MISSING: Final = re.compile(r"the following arguments are required: (?P<names>.+)")
_CHOICE: Final = re.compile(r"argument (?P<option>\S+): invalid choice: (?P<given>.+?) \(choose from (?P<known>.+)\)")
_VALUE: Final = re.compile(r"argument (?P<option>\S+): expected (?:one|at least one) argument")
_CLASH: Final = re.compile(r"argument (?P<option>\S+): not allowed with argument (?P<other>\S+)")
# unrecognized arguments: --targt rtx-5090
# the following arguments are required: action
# argument --platform: invalid choice: 'linux' (choose from 'linux-x86_64', 'linux-aarch64')
# argument -o/--output: expected one argument
# argument -v/--verbose: not allowed with argument -q/--quiet


def complaint(message: str, *, program: str, options: Sequence[str]) -> UsageError:
    """Code what argparse says of wrong arguments; `options` are those that the command takes."""
    if found := _UNKNOWN.fullmatch(message):
        return _unknown(found["words"].split(), program=program, options=options)
    if found := _MISSING.fullmatch(message):
        return UsageError("argument-missing", names=found["names"], program=program)
    if found := _CHOICE.fullmatch(message):
        known = tuple(word.strip("' ") for word in found["known"].split(","))
        return UsageError("choice-unknown", **_with_near(found["given"].strip("'"), known), **_of(found, program))
    if found := _VALUE.fullmatch(message):
        return UsageError("option-needs-value", **_of(found, program))
    if found := _CLASH.fullmatch(message):
        return UsageError("options-clash", other=_last(found["other"]), **_of(found, program))
    return UsageError("bad-arguments", detail=message, program=program)


def unknown_command(name: str, argv: Sequence[str]) -> UsageError:
    """Code a command that does not exist; the likeliest one is written out, with what was typed."""
    names = (*(command.name for command in COMMANDS), *ALIASES)
    behind = next((place for place, word in enumerate(argv) if word in names), None)
    if name.startswith("-") and behind is not None:
        moved = (argv[behind], *argv[behind + 1 :], name, *argv[:behind])
        return UsageError("option-before-command", option=name, meant=" ".join(("gpuenv", *map(quoted, moved))))
    near = near_names(name, names)
    meant = " ".join(("gpuenv", near[0], *map(quoted, argv))) if near else None
    return UsageError("unknown-command", command=name, near=near or names, meant=meant)


def _unknown(words: Sequence[str], *, program: str, options: Sequence[str]) -> UsageError:
    wrong = next((word for word in words if word.startswith("-") and word != "--"), None)
    if wrong is None:
        return UsageError("argument-unknown", words=" ".join(words), program=program)
    name = wrong.split("=", 1)[0]
    near = near_names(name, [option for option in options if option.startswith("--")])
    if not near:
        return UsageError("option-unknown", option=name, program=program)
    return UsageError("option-misspelt", option=name, near=near, nearest=near[0], program=program)


def near_names(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Find the names that may have been meant."""
    import difflib  # noqa: PLC0415 - only for a slip of the finger

    return tuple(difflib.get_close_matches(name, list(known), n=_SHOWN, cutoff=_NEAR))


def _with_near(given: str, known: tuple[str, ...]) -> dict[str, str | tuple[str, ...] | None]:
    near = near_names(given, known)
    return {"given": given, "known": known, "nearest": near[0] if near else None}


def _of(found: re.Match[str], program: str) -> dict[str, str]:
    return {"option": _last(found["option"]), "program": program}


def _last(names: str) -> str:
    """`--output` of `-o/--output`."""
    return names.rpartition("/")[2]
