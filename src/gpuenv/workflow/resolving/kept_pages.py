"""Takes index pages as they were kept from the last run, and asks while the engine works whether they still hold.

To ask a server takes a tenth of a second more than to read the page, most of it for the modules that speak HTTP; while
uv resolves, this process has nothing else to do. Nothing rests on a page that was not confirmed: who takes pages from
here asks `hold` before anything is made of the answer, and where one has changed, asks once more.
"""

from __future__ import annotations

from dataclasses import field
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from gpuenv.errors import GpuenvError
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.index import ProjectPage
    from gpuenv.resolve.problem import PageKey

_Read: TypeAlias = "Callable[[], ProjectPage]"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPages:
    """The pages of one run."""

    _taken: dict[PageKey, tuple[ProjectPage, _Read]] = field(default_factory=dict)
    """As they were kept, with what asks the server."""
    _found: dict[PageKey, ProjectPage | GpuenvError] = field(default_factory=dict)
    """What the server said of those since."""
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def page(self, key: PageKey, kept: Callable[[], ProjectPage | None], read: _Read) -> ProjectPage:
        """Give a page: what the server said of it, else as it was kept; else it is read. Raises as `read` does."""
        if key in self._found:
            return _settled(self._found[key])
        page = kept() if not self._found else None
        if page is None:
            return read()
        self._taken[key] = (page, read)
        return page

    def confirm(self) -> None:
        """Ask for the pages that were taken; to be called while the engine works, in a thread beside."""
        with self._lock:
            for key, (_, read) in tuple(self._taken.items()):
                if key not in self._found:
                    self._found[key] = _asked(read)

    def hold(self) -> bool:
        """Whether all pages that were taken are still the same; what the server said counts from here on."""
        self.confirm()
        return all(self._found[key] == page for key, (page, _) in self._taken.items())


def _asked(read: _Read) -> ProjectPage | GpuenvError:
    try:
        return read()
    except GpuenvError as error:
        return error


def _settled(found: ProjectPage | GpuenvError) -> ProjectPage:
    if isinstance(found, GpuenvError):
        raise found
    return found
