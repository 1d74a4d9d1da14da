"""What a long build takes, told before it begins, from the matrix that gpuenv comes with."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.notice import Notice
from gpuenv.models.typed_command import TypedCommand
from gpuenv.report.messages.catalog import Sentence, phrase
from gpuenv.workflow.builds.cost import long_build

if TYPE_CHECKING:
    from gpuenv.models.extension import Extension


def known(package: str) -> Extension:
    matrix = load_matrix(None, cwd=Path(), cache=None)
    return next(row for row in matrix.extensions if row.package == package)


@pytest.mark.parametrize(
    ("jobs", "architectures", "facts"),
    [
        (1, 1, {"duration": "5.3 h", "jobs": "1", "memory": "9 GiB", "fewer": None}),
        (8, 1, {"duration": "40 min", "jobs": "8", "memory": "72 GiB", "fewer": "4"}),
        (8, 2, {"duration": "1.3 h", "jobs": "8", "memory": "72 GiB", "fewer": "4"}),
    ],
)
def test_flash_attention_takes_hours_and_much_memory(
    jobs: int, architectures: int, facts: dict[str, str | None]
) -> None:
    told = long_build(known("flash-attn"), jobs=jobs, architectures=architectures)
    assert told == Notice.of("long-build", package="flash-attn", **facts)


def test_what_is_short_or_not_known_is_not_told() -> None:
    assert long_build(known("flash-attn"), jobs=64, architectures=1) is None
    assert long_build(known("simple-knn"), jobs=1, architectures=1) is None
    assert long_build(None, jobs=1, architectures=1) is None


def test_the_way_to_less_memory_is_the_same_command_with_fewer_jobs() -> None:
    typed = TypedCommand(verb="build", parts=("flash-attn", "--target rtx-5090"))
    told = long_build(known("flash-attn"), jobs=8, architectures=1, typed=typed)
    assert told is not None
    assert phrase(told.code, told.context, "en") == Sentence(
        code="long-build",
        message="compiling flash-attn takes about 40 min here with MAX_JOBS=8, and up to 72 GiB of memory",
        hints=("MAX_JOBS=4 gpuenv build flash-attn --target rtx-5090",),
    )
    assert phrase(told.code, told.context, "zh").message == (
        "在本机以 MAX_JOBS=8 编译 flash-attn 约需 40 min，最多占用 72 GiB 内存"
    )
