"""Writes environment variables in the syntax of a shell, so that they can be evaluated there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Shell = Literal["sh", "fish", "powershell", "dotenv"]
SHELLS: Final[tuple[Shell, ...]] = get_args(Shell)

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
"""Characters to which no dialect of `.env` files gives a meaning."""

_POWERSHELL_QUOTES: Final = re.compile("['\u2018\u2019\u201a\u201b]")
"""PowerShell takes the typographic quotation marks for the plain one."""


def assignments(variables: Mapping[str, str], shell: Shell) -> str:
    """Make one line per variable; evaluated, it sets exactly this value, whatever characters are in it."""
    return "".join(f"{_assignment(name, value, shell)}\n" for name, value in variables.items())


def _assignment(name: str, value: str, shell: Shell) -> str:
    match shell:
        case "sh":
            quoted = value.replace("'", r"'\''")
            return f"export {name}='{quoted}'"
        case "fish":
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            # A path variable is a list, split at the colons.
            return f"set -gx{' --path' if name == 'PATH' else ''} {name} '{quoted}'"
        case "powershell":
            quoted = _POWERSHELL_QUOTES.sub(lambda found: found[0] * 2, value)
            return f"$Env:{name} = '{quoted}'"
        case "dotenv":
            return f"{name}={_dotenv_value(value)}"


def _dotenv_value(value: str) -> str:
    """Quote a value only where it must be: not every reader of `.env` files takes quotation marks away.

    Shells, python-dotenv and uv read the same out of it, with two exceptions that no spelling avoids: a value with `'`
    and with `$` or a backtick is written as shells read it, and python-dotenv expands `${NAME}` in any quotes.
    """
    if _PLAIN.fullmatch(value):
        return value
    if "'" not in value and "\\\\" not in value and not value.endswith("\\"):
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    return f'"{escaped}"'
