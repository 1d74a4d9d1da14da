"""The command as it was typed: hints say it again with a change, so that nothing that was typed is lost."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.errors import ContextValue

REQUIREMENTS: Final = "REQ"
"""What is not an option: requirements, paths, sources."""
COMMAND: Final = "--"
"""What stands behind `--`: the command that is run."""
_WITHOUT: Final = "~"
_INSTEAD: Final = "=>"
_MORE: Final = "+"
_ASKING: Final = "&"
_AS_LOCK: Final = "@lock"
_LOCKABLE: Final = frozenset({"plan", "install"})
"""What asks for the same as `gpuenv lock` does: requirements for a machine."""
_NOT_OF_LOCK: Final = (
    *("--venv", "--locked", "--exact", "--no-build", "--why", "--batch", "--dry-run", "--yes", "--require"),
    *("--require-verified", "--check-hashes", "--engine", "--no-snapshot", "--keep-failed"),
)
_OWN_OF_LOCK: Final = ("-o --output",)
_PROJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SPECIAL: Final = frozenset("<>!~ *;[]()&|$'\"`@?#{}")
"""What a shell would take for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCommand:
    """`gpuenv VERB` and what followed, in parts that a shell takes as they stand."""

    verb: str
    parts: tuple[str, ...] = ()
    """An option with its value, a requirement, or `-- CMD ...`."""
    options: tuple[str, ...] = ()
    """The options that the command takes, each with all its names: `-p --python`."""

    @classmethod
    def of(cls, context: Mapping[str, ContextValue]) -> TypedCommand | None:
        """Read it back from the facts of a code; None where they do not hold it."""
        typed, options = context.get("typed"), context.get("typed_options")
        if not isinstance(typed, tuple) or not typed:
            return None
        return cls(verb=typed[0], parts=typed[1:], options=options if isinstance(options, tuple) else ())

    @property
    def facts(self) -> dict[str, ContextValue]:
        """The command as facts of a code."""
        return {"typed": (self.verb, *self.parts), "typed_options": self.options}

    def __str__(self) -> str:
        return " ".join(("gpuenv", self.verb, *self.parts))

    def takes(self, option: str) -> bool:
        """Whether the command has such an option."""
        return any(option in names.split() for names in self.options)

    def with_option(self, option: str, *values: str) -> TypedCommand:
        """Say an option, instead of what was said to it before."""
        kept, names = list(self.without(option).parts), self._names(option)
        # Where it stood before; else before what is behind `--`, which is no option of ours.
        before = next((number for number, part in enumerate(self.parts) if _name(part) in names), None)
        behind = next((number for number, part in enumerate(kept) if _name(part) == COMMAND), len(kept))
        kept.insert(behind if before is None else before, _said(option, *values))
        return self._of(tuple(kept))

    def with_command(self, *words: str) -> TypedCommand:
        """Say what is run, instead of what was."""
        return self._of((*self.without(COMMAND).parts, f"{COMMAND} {shlex.join(words)}"))

    def without(self, *names: str) -> TypedCommand:
        """Leave options out, whatever name they were typed by; also `REQUIREMENTS` and `COMMAND`."""
        dropped = {name for given in names for name in self._names(given)}
        return self._of(tuple(part for part in self.parts if _name(part) not in dropped))

    def asking_for(self, *words: str) -> TypedCommand:
        """Ask for these requirements, quoted already, instead of those that were typed or read from files."""
        return self._of((*words, *self.without(REQUIREMENTS, "--requirement").parts))

    def requiring(self, requirement: str) -> TypedCommand:
        """Ask for a requirement, in the place of the one of the same project."""
        project, said = _project(requirement), quoted(requirement)
        same = {part for part in self.parts if _name(part) == REQUIREMENTS and _project(part) == project}
        parts = self.parts if same else (said, *self.parts)
        return self._of(tuple(dict.fromkeys(said if part in same else part for part in parts)))

    def as_lock(self) -> TypedCommand | None:
        """Ask for a lock of the same; None for a command that asks for nothing to lock."""
        if self.verb not in _LOCKABLE:
            return None
        kept = self.without(*_NOT_OF_LOCK)
        gone = {name for option in _NOT_OF_LOCK for name in self._names(option)}
        options = tuple(names for names in self.options if not gone.intersection(names.split()))
        return TypedCommand(verb="lock", parts=kept.parts, options=(*options, *_OWN_OF_LOCK))

    def with_word(self, wrong: str, right: str) -> TypedCommand:
        """Put a word in place of a wrong one: an option, a value of one, a requirement, a program; "" takes it out."""
        return self._of(tuple(filter(None, (_with_word(part, wrong, right) for part in self.parts))))

    def changed(self, change: str) -> TypedCommand | None:
        """Say it with a change; None where nothing is different, or where the command has no such option.

        `--indexes pypi` says that option, `+--allow-build apex` says it once more, `~--offline` leaves it out, `~REQ`
        all requirements, `rtx-509=>rtx-5090` puts a word in place of another, `&torch<2.10` asks for that instead of
        another torch, `-- python` is what to run, and `@lock` asks `gpuenv lock` for the same.
        """
        found: TypedCommand | None = self
        words = shlex.split(change)
        while words and found is not None:
            word = words.pop(0)
            if word == COMMAND:
                found, words = (found.with_command(*words) if found.takes(COMMAND) else None), []
            elif word == _AS_LOCK:
                found = found.as_lock()
            elif word.startswith(_ASKING):
                found = found.requiring(word[1:])
            elif word.startswith(_WITHOUT):
                found = found.without(word[1:])
            elif _INSTEAD in word:
                found = found.with_word(*word.split(_INSTEAD, 1))
            else:
                is_value = bool(words) and not words[0].startswith(("-", _WITHOUT, _MORE))
                found = found.also(word, *([words.pop(0)] if is_value else []))
        return None if change and found == self else found

    def also(self, word: str, *values: str) -> TypedCommand | None:
        """Say an option, or with `+` before it say it once more; None where the command has no such option."""
        option = word.removeprefix(_MORE)
        if not self.takes(option):
            return None
        return self._of((*self.parts, _said(option, *values))) if word != option else self.with_option(option, *values)

    def _names(self, option: str) -> frozenset[str]:
        """All names of an option."""
        return frozenset(
            {option, *(name for found in self.options if option in found.split() for name in found.split())}
        )

    def _of(self, parts: tuple[str, ...]) -> TypedCommand:
        return TypedCommand(verb=self.verb, parts=parts, options=self.options)


def quoted(text: str) -> str:
    """Quote a word where a shell would not take it as it stands.

    In double quotes, which Windows knows too, unless a POSIX shell would read something in them.
    """
    if text and not _SPECIAL.intersection(text):
        return text
    return shlex.quote(text) if set('"$`').intersection(text) else f'"{text}"'


def _name(part: str) -> str:
    """The option that a part is of; `REQUIREMENTS` for what is none."""
    return part.split(" ", 1)[0].split("=", 1)[0] if part.startswith("-") else REQUIREMENTS


def _project(requirement: str) -> str:
    """The project of a requirement as it was typed; also of the address of a wheel."""
    word = shlex.split(requirement)[0]
    is_wheel = word.endswith(".whl") and "@" not in word
    found = _PROJECT.match(word.rpartition("/")[2].partition("-")[0] if is_wheel else word)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found is not None else ""


def _said(option: str, *values: str) -> str:
    return " ".join((option, *map(quoted, values)))


def _with_word(part: str, wrong: str, right: str) -> str:
    if wrong not in part:
        return part
    option, *values = shlex.split(part)
    if option == COMMAND:
        is_program = bool(values) and values[0] == wrong
        return f"{COMMAND} {shlex.join([*shlex.split(right), *values[1:]])}" if is_program else part
    if option == wrong:
        return _said(quoted(right), *values) if right else ""
    changed = [",".join(right if one == wrong else one for one in value.split(",")) for value in values]
    return part if changed == values else _said(option, *changed)
