"""Writes the commands that give the GPUs of a target what the libraries of an environment lack."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gpuenv.models.notice import Notice
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.typed_command import quoted
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOut:
    """What the commands are written from."""

    environment: Environment
    bound: frozenset[str]
    """The distributions that were compiled against torch."""
    described: str | None = None
    """The target as the user wrote it; None for this machine's GPUs."""

    def added_to(self, fault: Notice) -> Notice:
        """Add to a fault the fact `build` where building its packages again mends it, else `plan`.

        torch and its companions are chosen, not built; of other packages only those that are bound to torch can be.
        """
        packages = fault.context.get("packages")
        names = packages if isinstance(packages, tuple) else ()
        where = f"--venv {quoted(str(self.environment.root))}"
        target = f" --target {quoted(self.described)}" if self.described is not None else ""
        if names and all(name in self.bound and name not in GPU_FAMILY for name in names):
            sources = " ".join(quoted(self._source(name)) for name in names)
            return Notice.of(fault.code, **{**fault.context, "build": f"gpuenv build {sources} {where}{target}"})
        if fault.code == "unasked-libraries-lack-gpu":
            return fault  # no plan is made for what nothing asks for
        return Notice.of(fault.code, **{**fault.context, "plan": f"gpuenv plan {where}{target}"})

    def _source(self, name: str) -> str:
        """Tell where a distribution is built from: the source tree that it was installed from, else its name."""
        found = self.environment.installed(name)
        url = found.direct_url if found is not None else None
        if url is None or urlsplit(url).scheme != "file" or url.endswith(".whl"):
            return name
        from urllib.request import url2pathname  # noqa: PLC0415 - it brings a whole HTTP client

        return url2pathname(urlsplit(url).path)
