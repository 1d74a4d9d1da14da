"""Damaged logs: code pages, wraps, escapes, prefixes, floods; and the time that they take."""

from __future__ import annotations

import random
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from diagnose.samples import book, diagnosed
from gpuenv.diagnose.facts import read_facts
from gpuenv.diagnose.normalise import KEPT, decode_log, fold, normalise
from gpuenv.models.surroundings import Surroundings
from gpuenv.report.diagnose_markdown import redact

CORE = "RuntimeError: operator torchvision::nms does not exist"
TEN_MEGABYTES = 10_000_000
NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
PATIENCE_S = 5.0
"""A log of 10 MB takes under half a second on a quiet machine; quadratic behaviour takes hours."""


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CORE, "utf-8"),
        (CORE, "utf-8-sig"),
        (CORE, "utf-16"),
        (CORE, "utf-16-le"),
        (CORE, "utf-16-be"),
        (f"错误, 找不到指定的模块。{CORE}", "gbk"),
        (f"Échec de l'opération - {CORE} à l'entrée", "cp1252"),
    ],
)
def test_a_code_page_is_recognised_by_the_bytes(text: str, encoding: str) -> None:
    assert decode_log(text.encode(encoding)) == text


def test_one_damaged_byte_leaves_the_rest_of_a_utf8_log_readable() -> None:
    assert decode_log("错误错误错误错误".encode() + b"\xff" + CORE.encode()) == "错误错误错误错误\ufffd" + CORE


@pytest.mark.parametrize(
    "text",
    [
        "RuntimeError: operator torchvi\nsion::nms does not ex\nist",
        "\x1b[31mRuntimeError\x1b[0m: operator torchvision::\x1b[1mnms\x1b[0m does not exist",
        "(APIServer pid=41) RuntimeError: operator torchvision::nms do\n(APIServer pid=41) es not exist",
        "> > operator torchvision::nms does\n> > not exist",
        "Nov 21 08:00:01 box app[12]: operator torchvision::\nNov 21 08:00:01 box app[12]: nms does not exist",
        "2026-11-21 08:00:01,123 operator torchvision::\n2026-11-21 08:00:01,124 nms does not exist",
        "web-1  | operator torchvision::nms\nweb-1  | does not exist",
        "E   RuntimeError: operator torchvision::nms does\nE   not exist",
        "loading 10%\rloading 99%\roperator torchvision::nms does not exist",
        "operator torchvision::nms does   not\r\nexist",
        "OPERATOR torchvision::nms does not exist",
    ],
)
def test_a_core_is_found_however_the_console_broke_it(text: str) -> None:
    primary = diagnosed(text).primary
    assert primary is not None
    assert primary.cause.code == "torchvision-for-another-torch"


def test_a_letter_that_was_copied_wrongly_by_hand_is_read_as_meant() -> None:
    assert fold("cudaErrorNoKernellmageForDevice") == fold("cudaErrorNoKernelImageForDevice")


def test_a_line_is_quoted_without_its_prefix() -> None:
    text = normalise("2026-11-21 08:00:01 (Worker pid=3) first\nsecond line")
    assert text.lines == ("first", "second line")
    assert text.quote(0, 5) == "first"
    assert text.quote(text.squeezed.index("second"), len(text.squeezed)) == "second line"


def test_a_cause_is_found_in_the_middle_of_a_large_log() -> None:
    steps = [f"step {number}: loss {number / 7:.5f} on cuda:0" for number in range(250_000)]
    steps.insert(125_000, CORE)
    text = "\n".join(steps)
    assert len(text) > 8_000_000
    primary = diagnosed(text).primary
    assert primary is not None
    assert primary.evidence == (CORE,)


def _hexadecimal() -> str:
    numbers = random.Random(1)  # noqa: S311 - only has to be different in each line
    return "\n".join(f"{numbers.getrandbits(160):040x}" for _ in range(250_000))


@pytest.mark.parametrize(
    "log",
    [
        pytest.param("\n" * TEN_MEGABYTES, id="newlines"),
        pytest.param("x" * TEN_MEGABYTES, id="one line"),
        pytest.param("\x1b[0000" * (TEN_MEGABYTES // 6), id="escapes without end"),
        pytest.param("> " * (TEN_MEGABYTES // 2), id="quotes"),
        pytest.param("torch " + "v" * TEN_MEGABYTES, id="version without number"),
        pytest.param("torch " * (TEN_MEGABYTES // 6), id="torch in one line"),
        pytest.param("FATAL: this function is for sm80, but was built for sm370\n" * (TEN_MEGABYTES // 57), id="flood"),
        pytest.param(_hexadecimal(), id="different lines"),
    ],
)
def test_ten_megabytes_are_read_in_bounded_time_and_memory(log: str) -> None:
    started = time.perf_counter()
    kept = normalise(log)
    diagnosed(log)
    assert time.perf_counter() - started < 2 * PATIENCE_S
    assert len(kept.squeezed) <= KEPT


@pytest.mark.parametrize("signature", book().signatures, ids=lambda signature: signature.id)
def test_no_signature_can_be_made_slow_by_its_own_text(signature) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    fragments = [*signature.cores, *signature.near, *(pattern.pattern[:40] for pattern in signature.extract)]
    fragments += ["sm_120", "7.5,", "compute_", "((((", "9" * 40, "A" * 400, "libcublas.so."]
    log = "\n".join(
        " ".join([core, *signature.near]) + fragment * 400 for core in signature.cores for fragment in fragments
    )
    started = time.perf_counter()
    diagnosed(log * 3)
    assert time.perf_counter() - started < PATIENCE_S


@pytest.mark.parametrize(
    "fragment",
    [
        "torch ",
        "torch" + " " * 11,
        "torch=v[",
        "torch 1.",
        "onnxruntime-gpu ",
        "driver version ",
        "driver" + "x" * 39,
        "sm_120, ",
        "compute capability ",
        "cuda version: ",
        "nvidia-cudnn-cu12 ",
        "python 3.",
        "NVIDIA GeForce RTX 5090 Ti ",
        "Windows 10 " + "x" * 29,
        "release 12.",
        "/home/",
        "C:\\Users\\a ",
        "a@b" * 3,
        "host = ",
        "Nov 21 08:00:01 ",
    ],
)
def test_no_expression_that_reads_facts_can_be_made_slow(fragment: str) -> None:
    log = "\n".join([fragment * (1 + 20_000 // len(fragment))] * 30)
    started = time.perf_counter()
    read_facts(normalise(log), book().families)
    redact(log, Surroundings(environ={"USER": "anna"}, cwd=Path(), home=Path("/home/anna"), now=NOW))
    assert time.perf_counter() - started < PATIENCE_S
