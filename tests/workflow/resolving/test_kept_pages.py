"""Tests of pages that are taken as they were kept, and confirmed later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from gpuenv.errors import GpuenvError
from gpuenv.models.index import ProjectPage, Source, SourceKind
from gpuenv.workflow.resolving.kept_pages import KeptPages

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = Source(kind=SourceKind.PYTORCH)
KEY = (SOURCE, "cu130", "torch")
PAGE = ProjectPage(source=SOURCE, tag="cu130", project=canonicalize_name("torch"), wheels=())
CHANGED = replace(PAGE, is_flat=True)


def counted(answer: ProjectPage | GpuenvError, asked: list[str]) -> Callable[[], ProjectPage]:
    def read() -> ProjectPage:
        asked.append("server")
        if isinstance(answer, GpuenvError):
            raise answer
        return answer

    return read


def test_a_page_that_was_not_kept_is_read_at_once_and_needs_no_confirmation() -> None:
    asked: list[str] = []
    pages = KeptPages()
    assert pages.page(KEY, lambda: None, counted(CHANGED, asked)) == CHANGED
    assert (asked, pages.hold(), asked) == (["server"], True, ["server"])


def test_a_kept_page_is_taken_without_asking_and_asked_for_once() -> None:
    asked: list[str] = []
    pages = KeptPages()
    assert pages.page(KEY, lambda: PAGE, counted(PAGE, asked)) == PAGE
    assert asked == []
    pages.confirm()
    assert (pages.hold(), asked) == (True, ["server"])


def test_a_page_that_has_changed_does_not_hold_and_is_then_the_one_that_counts() -> None:
    asked: list[str] = []
    pages = KeptPages()
    pages.page(KEY, lambda: PAGE, counted(CHANGED, asked))
    assert not pages.hold()
    assert pages.page(KEY, lambda: PAGE, counted(PAGE, asked)) == CHANGED
    assert asked == ["server"]


def test_what_the_server_refuses_is_raised_where_the_page_is_wanted_again() -> None:
    asked: list[str] = []
    refused = GpuenvError("index-unreachable", url="https://index.example/whl/cu130/torch/")
    pages = KeptPages()
    pages.page(KEY, lambda: PAGE, counted(refused, asked))
    assert not pages.hold()
    with pytest.raises(GpuenvError, match="index-unreachable"):
        pages.page(KEY, lambda: PAGE, counted(PAGE, asked))


def test_once_the_server_was_heard_no_further_page_is_taken_on_trust() -> None:
    asked: list[str] = []
    pages = KeptPages()
    pages.page(KEY, lambda: PAGE, counted(CHANGED, asked))
    assert not pages.hold()
    other = (SOURCE, "cu132", "torch")
    assert pages.page(other, lambda: PAGE, counted(CHANGED, asked)) == CHANGED
    assert asked == ["server", "server"]
