"""The engine pip, behind the protocol of engines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from gpuenv.install.engines.generated_project import explicit_indexes, flat_locations
from gpuenv.install.engines.pip import find_pip, pip_environment, pip_install_argv, pip_uninstall_argv
from gpuenv.install.engines.pip_failures import PAGE_FAULT, why_pip_failed
from gpuenv.install.engines.pip_output import PipOutput
from gpuenv.install.engines.protocol import Command, exact, hash_options
from gpuenv.project.pip_arguments import pip_index_environment, pip_index_lines, with_variables_of_uv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gpuenv.install.engines.generated_project import ExplicitIndex
    from gpuenv.install.engines.protocol import Order
    from gpuenv.models.environment import Environment
    from gpuenv.models.notice import Notice
    from gpuenv.models.plan import Install
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings


class PipEngine:
    """pip: a command for each place that packages come from, since pip mixes all indexes that one command names."""

    name: Literal["pip"] = "pip"

    def __init__(self, environment: Environment, environ: Mapping[str, str]) -> None:
        """Find a pip for the environment. Raises `pip-not-found`."""
        self._pip = find_pip(environment)
        self._environ = environ
        self._logs: list[Path] = []

    def removal(self, projects: Sequence[str]) -> Command:
        """Make the command that removes these."""
        return Command(argv=pip_uninstall_argv(self._pip, projects), environ=pip_environment(self._environ))

    def installation(self, order: Order, folder: Path) -> tuple[Command, ...]:
        """Make one command per index, and one more where pip knows hashes of a part only: it takes all or none."""
        settings = with_variables_of_uv(order.settings, self._environ)
        environ = pip_environment(self._environ)
        environ |= pip_index_environment(settings, self._environ)
        files = tuple(_requirement_files(order, settings, folder))
        self._logs = [file.with_suffix(".log") for file in files]
        return tuple(
            Command(argv=pip_install_argv(self._pip, file, log=log), environ=environ)
            for file, log in zip(files, self._logs, strict=True)
        )

    def output(self, listener: Reporter, on_line: Callable[[str], None]) -> PipOutput:
        """Make what reads the output of one command."""
        return PipOutput(listener, on_line)

    def afterwords(self) -> tuple[str, ...]:
        """The index pages that pip went on without: only its own log tells."""
        texts = (log.read_text(encoding="utf-8", errors="replace") for log in self._logs if log.exists())
        return tuple(
            line[line.index(PAGE_FAULT) :] for text in texts for line in text.splitlines() if PAGE_FAULT in line
        )

    def why_failed(self, output: str, *, exit_code: int) -> Notice:
        """Find the cause of a failure in what pip printed."""
        return why_pip_failed(output, exit_code=exit_code)


def _requirement_files(order: Order, settings: IndexSettings, folder: Path) -> Iterator[Path]:
    explicit = {} if settings.no_index else explicit_indexes(order.pins)
    beside = tuple(page for page in flat_locations(order.pins) if page not in settings.find_links)
    own = replace(settings, find_links=(*settings.find_links, *beside), no_index=settings.no_index or order.is_offline)
    groups: dict[tuple[ExplicitIndex | None, bool], list[Install]] = {}
    for step in order.steps:
        groups.setdefault((explicit.get(step.project), bool(order.hashes_of(step))), []).append(step)
    for number, ((index, _), steps) in enumerate(groups.items(), start=1):
        lines = _index_lines(index, own) if index is not None else pip_index_lines(own)
        packages = (f"{exact(step)}{hash_options(order.hashes_of(step))}" for step in steps)
        file = folder / f"requirements-{number}.txt"
        file.write_text("".join(f"{line}\n" for line in (*lines, *packages)), encoding="utf-8")
        yield file


def _index_lines(index: ExplicitIndex, settings: IndexSettings) -> tuple[str, ...]:
    """Name one index and nothing else: what it serves comes from no other place."""
    only = replace(settings, index_url=index.url, extra_index_urls=(), find_links=())
    if index.format == "flat":
        only = replace(only, index_url=None, find_links=(index.url,), no_index=True)
    return pip_index_lines(only)
