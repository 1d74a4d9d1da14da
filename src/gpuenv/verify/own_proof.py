"""Runs what a project itself names as its proof: its extensions are imported, its commands run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass
from gpuenv.verify.child_environment import child_environment
from gpuenv.verify.commands import IMPORT_PREFIX, command_environment, run_command, run_program
from gpuenv.verify.session import PAYLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.progress import Reporter
    from gpuenv.models.verification import Check
    from gpuenv.verify.commands import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProof:
    """What a project names."""

    commands: tuple[str, ...] = ()
    """As a user would type them in `cwd`; no shell is asked."""
    extensions: tuple[str, ...] = ()
    """Distributions that are imported with their native modules."""
    cwd: Path | None = None
    judge: Judge | None = None
    """Finds the cause in what a command printed, also where it ended with 0."""

    def __bool__(self) -> bool:
        """Whether anything is named at all."""
        return bool(self.commands or self.extensions)


def run_own_proof(
    own: OwnProof,
    python: Path,
    *,
    gpus: Sequence[Gpu],
    environ: Mapping[str, str],
    timeout_s: float,
    reporter: Reporter,
) -> Iterator[Check]:
    """Import each extension, then run each command, with all these GPUs visible; `timeout_s` is for each."""
    place = ",".join(gpu.visible_name for gpu in gpus) or None
    with tempfile.TemporaryDirectory(prefix="gpuenv-verify-", ignore_cleanup_errors=True) as caches:
        env = command_environment(child_environment(environ, gpus=gpus, caches=Path(caches)), python)
        for name in own.extensions:
            reporter.stage("verifying-extension", extension=name)
            argv = [str(python), str(PAYLOADS / "import_extension.py"), name]
            yield run_program(IMPORT_PREFIX + name, argv, env=env, cwd=own.cwd, place=place, timeout_s=timeout_s)
        for text in own.commands:
            reporter.stage("verifying-command", command=text)
            yield run_command(text, env=env, cwd=own.cwd, place=place, timeout_s=timeout_s, judge=own.judge)
