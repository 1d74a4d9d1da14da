"""The command as it was typed: said again with a change, in words that a shell takes."""

from __future__ import annotations

import shlex

import pytest

from gpuenv.models.typed_command import TypedCommand, quoted

OPTIONS = ("--target", "--offline", "-p --python", "--allow-build", "-v --verbose", "-q --quiet", "--log", "--")
PLAN = TypedCommand(
    verb="plan", parts=('"torch<2.10"', "--target rtx-509,h100", "--offline", "-p 3.12"), options=OPTIONS
)
FILE = TypedCommand(
    verb="install",
    parts=("https://x.org/w/torch-2.9.1+cu130-cp311.whl", "six", "--venv env", "--yes"),
    options=("--venv", "--yes", "--target"),
)
RUN = TypedCommand(verb="run", parts=("-q", "-- pyton app.py --target x"), options=OPTIONS)


@pytest.mark.parametrize(
    ("typed", "change", "said"),
    [
        (PLAN, "", 'gpuenv plan "torch<2.10" --target rtx-509,h100 --offline -p 3.12'),
        (PLAN, "--target cpu", 'gpuenv plan "torch<2.10" --target cpu --offline -p 3.12'),
        (PLAN, "~--offline", 'gpuenv plan "torch<2.10" --target rtx-509,h100 -p 3.12'),
        (PLAN, "--python 3.13", 'gpuenv plan "torch<2.10" --target rtx-509,h100 --offline --python 3.13'),
        (PLAN, "~REQ", "gpuenv plan --target rtx-509,h100 --offline -p 3.12"),
        (
            PLAN,
            '"rtx-509=>NVIDIA GeForce RTX 5090"',
            'gpuenv plan "torch<2.10" --target "NVIDIA GeForce RTX 5090,h100" --offline -p 3.12',
        ),
        (PLAN, "torch<2.10=>torch", "gpuenv plan torch --target rtx-509,h100 --offline -p 3.12"),
        (PLAN, "-p=>--python", 'gpuenv plan "torch<2.10" --target rtx-509,h100 --offline --python 3.12'),
        (
            PLAN,
            "+--allow-build apex",
            'gpuenv plan "torch<2.10" --target rtx-509,h100 --offline -p 3.12 --allow-build apex',
        ),
        (PLAN, "~-q -v", 'gpuenv plan "torch<2.10" --target rtx-509,h100 --offline -p 3.12 -v'),
        (RUN, "pyton=>python", "gpuenv run -q -- python app.py --target x"),
        (RUN, '"pyton=>python -m pyton"', "gpuenv run -q -- python -m pyton app.py --target x"),
        (RUN, "--target cpu", "gpuenv run -q --target cpu -- pyton app.py --target x"),
        (RUN, "-- python", "gpuenv run -q -- python"),
        (RUN, "~--", "gpuenv run -q"),
        (PLAN, "&torch==2.9.1", "gpuenv plan torch==2.9.1 --target rtx-509,h100 --offline -p 3.12"),
        (PLAN, "&six", 'gpuenv plan six "torch<2.10" --target rtx-509,h100 --offline -p 3.12'),
        (FILE, "&torch==2.9.1", "gpuenv install torch==2.9.1 six --venv env --yes"),
        (FILE, "@lock -o gpu.txt", "gpuenv lock https://x.org/w/torch-2.9.1+cu130-cp311.whl six -o gpu.txt"),
        (FILE, "@lock --venv env", None),
        (RUN, "@lock", None),
        (PLAN, "--no-such-option", None),
        (PLAN, "--target rtx-509,h100", None),
        (PLAN, "~--log", None),
        (RUN, "--target=>--gpu", None),
    ],
)
def test_a_change_keeps_everything_else(typed: TypedCommand, change: str, said: str | None) -> None:
    changed = typed.changed(change)
    assert (None if changed is None else str(changed)) == said


def test_a_command_that_runs_nothing_has_nothing_behind_two_dashes() -> None:
    plan = TypedCommand(verb="plan", options=("--target",))
    assert plan.changed("-- python") is None


def test_it_comes_back_whole_from_the_facts_of_a_code() -> None:
    assert TypedCommand.of(PLAN.facts) == PLAN
    assert TypedCommand.of({}) is None


@pytest.mark.parametrize(
    "text",
    ["torch", "torch<2.10", "my file.txt", "a$b", 'a"b', "it's", "torch!=2.9", "app:x", "", "C:\\My Files", "a;b"],
)
def test_a_word_is_one_word_to_a_shell(text: str) -> None:
    assert shlex.split(quoted(text)) == [text]
    assert quoted(text) == text or quoted(text)[0] in "\"'"
