"""`gpuenv lock`: writes locked files with hashes for described machines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.cli.options import add_matrix, add_requirements, add_sources, add_target, options_from
from gpuenv.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.models.notice import Notice
    from gpuenv.report.lock import ShownLock
    from gpuenv.report.result import CommandResult
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.locks.work import Locked
    from gpuenv.workflow.options import Options

_CLASHES = (("init", ("check", "vendor", "output", "upgrade", "upgrade_package")), ("check", ("vendor",)))
"""Options that have no meaning beside another."""


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_requirements(parser)
    add_target(parser, is_several=True)
    # None tells that no machine was named: then the project's table may name some.
    parser.set_defaults(target=None)
    add_sources(parser, upgrades="let go of every version that the file pins so far (see --upgrade-package)")
    add_matrix(parser)
    group = parser.add_argument_group("lock")
    _add_output(group)
    _add_files(group)


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-o",
        "--output",
        metavar="FILE|DIR",
        help="write the lock there (default: to standard output; with --format uv: into ./pyproject.toml). For a range"
        " of cards such as --target sm_50..sm_121, several platforms or Pythons: a folder (default: locks)",
    )
    group.add_argument(
        "--format",
        choices=("requirements", "pylock", "uv", "docker"),
        default="requirements",
        help="requirements: a file that bare pip and uv install (default); pylock: a pylock.toml (PEP 751); "
        "uv: an extra in your pyproject.toml, for `uv sync --extra`; docker: a Dockerfile and its lock",
    )
    group.add_argument(
        "--check", action="store_true", help="write nothing; end with 1 and the differences if a file is out of date"
    )
    group.add_argument(
        "--init", action="store_true", help="write the [tool.gpuenv] table that `gpuenv lock` alone reads, and no lock"
    )


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--upgrade-package",
        action="append",
        default=[],
        metavar="PKG",
        help="let this package move to its newest version; the other pins stay",
    )
    group.add_argument(
        "--vendor", metavar="DIR", help="also download every locked file into DIR, for machines without a network"
    )
    group.add_argument(
        "--allow-build",
        action="append",
        default=[],
        metavar="PKG",
        help="allow PKG, which has no wheel and does not state what it needs, to be built to find that out",
    )
    group.add_argument(
        "--allow-unhashed", action="store_true", help="take a file without a hash where no index publishes one"
    )


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Lock and show what was locked; the files are the only thing that changes."""
    _check_arguments(arguments)
    from gpuenv.report.lock import lock_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.lock import lock  # noqa: PLC0415
    from gpuenv.workflow.locks.project import project_lock, with_project  # noqa: PLC0415
    from gpuenv.workflow.locks.targets import is_for_several  # noqa: PLC0415

    surroundings, language = invocation.surroundings, invocation.terminal.language
    options, asked = _options(arguments), _lock_options(arguments)
    if arguments.init:
        return _init(invocation, arguments, options)
    project = None
    if arguments.target is None and arguments.format in {"requirements", "pylock"} and arguments.output is None:
        project = project_lock(options, surroundings)
    options, notes = with_project(options, surroundings)
    if project is not None:
        named = replace(options, platform=project.platform, python=project.python)
        return _set(invocation, project.targets, named, replace(asked, output=project.folder), notes)
    if is_for_several(options, asked, surroundings):
        return _set(invocation, (options.target,), options, asked, notes, is_project=False)
    return lock_result(_shown(lock(options, asked, surroundings, invocation.reporter), notes), language=language)


def _set(
    invocation: Invocation,
    targets: tuple[str, ...],
    options: Options,
    asked: LockOptions,
    notes: tuple[Notice, ...],
    *,
    is_project: bool = True,
) -> CommandResult:
    from gpuenv.report.lock_set import ShownSet, lock_set_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.locks.set import lock_set  # noqa: PLC0415

    made = lock_set(targets, options, asked, invocation.surroundings, invocation.reporter, is_project=is_project)
    shown = ShownSet(
        locks=[(name, _shown(one)) for name, one in zip(made.names, made.locks, strict=True)],
        folder=made.folder,
        guide=made.guide,
        matrix_version=made.matrix,
        is_changed=made.is_changed,
        differences=made.differences,
        notes=(*notes, *made.notes),
    )
    return lock_set_result(shown, language=invocation.terminal.language)


def _shown(locked: Locked, notes: tuple[Notice, ...] = ()) -> ShownLock:
    from gpuenv.report.lock import ShownLock  # noqa: PLC0415 - not for --help

    resolved = locked.resolved
    return ShownLock(
        target=resolved.target,
        matrix_version=resolved.matrix.version,
        outcome=resolved.outcome,
        notes=(*notes, *resolved.notes, *locked.notes),
        text=locked.text,
        packages=locked.packages,
        path=locked.path,
        lock_file=locked.lock_file,
        is_changed=locked.is_changed,
        file_format=locked.file_format,
        extra=locked.extra,
        differences=locked.differences,
        vendored=locked.vendored.facts if locked.vendored is not None else None,
    )


def _init(invocation: Invocation, arguments: argparse.Namespace, options: Options) -> CommandResult:
    from gpuenv.report.lock_init import init_result  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.locks.project import init_project  # noqa: PLC0415

    done = init_project(options, invocation.surroundings, has_target=arguments.target is not None)
    return init_result(
        path=done.path, values=done.values, is_changed=done.is_changed, language=invocation.terminal.language
    )


def _options(arguments: argparse.Namespace) -> Options:
    """Gather the shared options; without a target this machine is meant, unless the project names others."""
    options = options_from(arguments)
    return options if arguments.target is not None else replace(options, target="current-gpu")


def _lock_options(arguments: argparse.Namespace) -> LockOptions:
    from gpuenv.report.lock_wording import file_wording  # noqa: PLC0415 - not for --help
    from gpuenv.workflow.locks.options import LockOptions  # noqa: PLC0415

    return LockOptions(
        output=arguments.output,
        file_format=arguments.format,
        is_check=arguments.check,
        upgraded=tuple(_project(name) for name in arguments.upgrade_package),
        vendor=arguments.vendor,
        allow_build=tuple(_project(name) for name in arguments.allow_build),
        allow_unhashed=arguments.allow_unhashed,
        wording=file_wording,
    )


def _project(name: str) -> str:
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - not for --help

    return canonicalize_name(name)


def _check_arguments(arguments: argparse.Namespace) -> None:
    given = vars(arguments)
    for option, others in _CLASHES:
        for other in others:
            if given[option] and given[other]:
                raise UsageError("options-clash", option=f"--{option}", other=f"--{other.replace('_', '-')}")
