"""What a diagnosis says: every code in both languages, every hint a command that the command line takes."""

from __future__ import annotations

import shlex

import pytest

from diagnose.samples import book
from gpuenv.cli.main import command_parser
from gpuenv.models.diagnosis import Remedy
from gpuenv.models.notice import Notice
from gpuenv.report.diagnose_cause import cause_sentence
from gpuenv.report.messages import phrase
from gpuenv.report.messages.diagnose import MESSAGES

NAMES = ("gpu", "torch", "file", "library", "symbol", "module", "version", "cuda", "wanted", "found", "tags")
FACTS = dict.fromkeys(NAMES, "x") | {"python": "python3", "target": "sm_120", "driver": "580.95.05"}
FACTS |= {"capability": "12.0", "command": "nvcc --version"}


@pytest.mark.parametrize("code", MESSAGES)
def test_every_code_is_said_in_english_and_in_chinese(code: str) -> None:
    message = MESSAGES[code]
    assert message.en
    assert message.en.isascii()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in message.zh)


@pytest.mark.parametrize("code", MESSAGES)
def test_a_hint_is_a_command_that_can_be_parsed(code: str) -> None:
    for hint in phrase(code, FACTS, "en").hints:
        words = shlex.split(hint)
        assert words
        if words[0] == "gpuenv" and "--help" not in words:
            command_parser(words[1]).parse_args(words[2:])


@pytest.mark.parametrize("cause", [cause.code for cause in book().causes])
def test_no_sentence_has_a_hole_where_a_fact_is_not_told(cause: str) -> None:
    assert "?" not in cause_sentence(Notice.of(cause), "en")


def test_every_cause_has_a_remedy() -> None:
    assert [cause.code for cause in book().causes if book().remedy(cause.code) is None] == []


def test_every_remedy_that_is_no_build_says_why() -> None:
    for remedy in Remedy:
        assert remedy.is_build or f"repair-by-{remedy.value}" in MESSAGES
