"""Tells where the build of a pin is found, as a file for other machines may name it: no folders, no credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.models.index import SourceKind
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.resolution import Pin


def is_local(pin: Pin) -> bool:
    """Whether a pin's source is a folder, which other machines do not have."""
    return not pin.source.is_remote


def public_base(pin: Pin, project: str) -> str | None:
    """Give the base URL of a pin's source without credentials; None for the default index.

    Raises `lock-source-is-local` where it is a folder: `project` names what would be found only there.
    """
    location = pin.source.location
    if pin.source.kind is SourceKind.PYPI or location is None:
        return None
    if not location.startswith(("https://", "http://")):
        raise GpuenvError("lock-source-is-local", project=project, folder=location)
    return redact_url(location)


def tag_of(pin: Pin, pins: Sequence[Pin]) -> str:
    """The tag whose pages list a pin; a companion without a tag of its own lies beside the others."""
    return pin.tag or next((other.tag for other in pins if other.tag and other.source == pin.source), "cpu")


def index_url(pin: Pin, pins: Sequence[Pin], project: str) -> str | None:
    """Give the address of the index, or of the flat page, that lists a pin; None for the default index."""
    base = public_base(pin, project)
    if base is None or pin.source.kind is not SourceKind.PYTORCH:
        return base
    return f"{base.rstrip('/')}/{tag_of(pin, pins)}{'/' if pin.is_flat else ''}"


def is_flat(pin: Pin) -> bool:
    """Whether that address is one page of wheels, no index with a page per project."""
    return pin.is_flat or pin.source.kind is SourceKind.FIND_LINKS
