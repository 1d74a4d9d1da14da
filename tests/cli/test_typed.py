"""A command line is taken apart as argparse does it, so that hints can say it again."""

from __future__ import annotations

import pytest

from gpuenv.cli.main import command_parser
from gpuenv.cli.typed import typed_command


@pytest.mark.parametrize(
    ("verb", "argv", "parts"),
    [
        (
            "plan",
            ["torch<2.10", "--target", "rtx 5090", "-p", "3.12", "--offline"],
            ('"torch<2.10"', '--target "rtx 5090"', "-p 3.12", "--offline"),
        ),
        ("plan", ["--target=rtx-5090", "torch"], ("--target rtx-5090", "torch")),
        ("matrix", ["show", "--app", "--json"], ("show", "--app", "--json")),
        ("matrix", ["show", "--app", "easyocr"], ("show", "--app easyocr")),
        ("run", ["-q", "--", "python", "-c", "print('x')"], ("-q", "-- python -c 'print('\"'\"'x'\"'\"')'")),
        ("plan", ["--target"], ("--target",)),
        ("plan", ["--no-such", "x"], ("--no-such", "x")),
        ("plan", ["--indexes", "https://me:secret@mirror.example/whl"], ("--indexes https://mirror.example/whl",)),
    ],
)
def test_each_option_is_one_part_with_its_value(verb: str, argv: list[str], parts: tuple[str, ...]) -> None:
    typed = typed_command(verb, argv, command_parser(verb))
    assert (typed.verb, typed.parts) == (verb, parts)
    assert typed.takes("--json")
    assert typed.takes("--") == (verb == "run")
