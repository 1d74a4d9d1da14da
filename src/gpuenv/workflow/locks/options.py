"""What `gpuenv lock` is asked for beyond the machine and the requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gpuenv.errors import ContextValue

LockFormat = Literal["requirements", "pylock", "uv", "docker"]

Wording: TypeAlias = "Callable[[str, Mapping[str, ContextValue]], str]"
"""Makes the sentence of a code: what is written into files for people. It must not depend on the user's language."""


def _as_code(code: str, _: Mapping[str, ContextValue]) -> str:
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOptions:
    """How to lock, with the defaults of the command."""

    output: str | None = None
    """A file, or a folder for the locks of several machines."""
    file_format: LockFormat = "requirements"
    is_check: bool = False
    """Only tell in what the files differ from what they would be now."""
    upgraded: tuple[str, ...] = ()
    """Projects whose pins do not stay."""
    vendor: str | None = None
    """The folder that every locked file is downloaded into."""
    allow_build: tuple[str, ...] = ()
    """Projects without a wheel that may be built here, to learn what they depend on."""
    allow_unhashed: bool = False
    """Take a file whose hash no index publishes without any, instead of downloading it for its hash."""
    wording: Wording = _as_code
