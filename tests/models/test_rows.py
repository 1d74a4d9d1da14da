"""Tests of rows that are made when somebody looks at them."""

from __future__ import annotations

import pickle

from gpuenv.models.rows import Rows


def test_the_names_are_known_before_the_rows_are_made_and_these_are_made_once() -> None:
    made: list[str] = []

    def make() -> tuple[int, ...]:
        made.append("rows")
        return (1, 2, 3)

    rows = Rows(["one", "two"], make)
    assert rows.names == {"one", "two"}
    assert made == []
    assert (list(rows), len(rows), rows[0], rows[1:], made) == ([1, 2, 3], 3, 1, (2, 3), ["rows"])


def test_they_are_what_their_rows_are() -> None:
    rows = Rows(["one"], lambda: (1,))
    assert rows == (1,)
    assert rows == Rows([], lambda: (1,))
    assert rows != (2,)
    assert (hash(rows), repr(rows), pickle.loads(pickle.dumps(rows))) == (hash((1,)), "(1,)", (1,))  # noqa: S301
