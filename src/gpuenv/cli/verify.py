"""`gpuenv verify`: kernel tests in the environment's Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.cli.options import add_environment, add_matrix, options_from
from gpuenv.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from gpuenv.cli.invocation import Invocation
    from gpuenv.report.result import CommandResult

_SEEDS: Final = 2**31
"""Seeds are below it."""


def configure_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_environment(parser)
    parser.add_argument(
        "--target",
        metavar="current-gpu|auto|cpu",
        help="what to run on (default: the GPUs of this machine; the CPU where there is none and torch is a CPU build)",
    )
    parser.add_argument("--gpu", action="append", default=[], metavar="INDEX|UUID", help="check only this GPU")
    parser.add_argument(
        "--require",
        default="",
        metavar="CAPABILITIES",
        help="comma-separated: only these decide, such as fp16,nvrtc,torchvision (default: everything that is run);"
        " one that only --full proves brings --full with it",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="also torch.compile, NCCL, torchaudio and other GPU libraries, and everything again without the driver's"
        " compiler, which proves machine code (minutes)",
    )
    parser.add_argument(
        "--run",
        action="append",
        default=[],
        metavar="'CMD ARG ...'",
        help="also run this command, beside those of [tool.gpuenv] verify.commands; its exit code and known"
        " error texts in its output decide",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        help="time for each check, the import included, and for each command (default: 120, for commands 600)",
    )
    parser.add_argument("--seed", metavar="N", help="use the random inputs of an earlier run, which printed its seed")
    add_matrix(parser)


def run(invocation: Invocation, arguments: argparse.Namespace) -> CommandResult:
    """Check and report."""
    from gpuenv.report.verify import machine_as_json, verification_result  # noqa: PLC0415 - not for --help
    from gpuenv.verify.profile import parse_required  # noqa: PLC0415
    from gpuenv.workflow.verify import verify_environment  # noqa: PLC0415

    verification = verify_environment(
        options_from(arguments),
        target=arguments.target,
        required=parse_required(arguments.require),
        is_full=arguments.full,
        commands=tuple(arguments.run),
        timeout_s=_seconds(arguments.timeout) if arguments.timeout is not None else None,
        seed=_seed(arguments.seed) if arguments.seed is not None else None,
        surroundings=invocation.surroundings,
        reporter=invocation.reporter,
    )
    return verification_result(
        verification.report,
        venv=verification.environment.root,
        gpus=verification.gpus,
        language=invocation.terminal.language,
        machine=machine_as_json(
            invocation.surroundings.now, verification.environment, verification.gpus, verification.driver
        ),
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError as error:
        raise UsageError("timeout-invalid", value=text) from error
    if not 0 < seconds < float("inf"):
        raise UsageError("timeout-invalid", value=text)
    return seconds


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= _SEEDS:
        raise UsageError("seed-invalid", value=text)
    return int(text)
