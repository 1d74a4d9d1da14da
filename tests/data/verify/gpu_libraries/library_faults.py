# ruff: noqa
# mypy: ignore-errors
"""Tells the stand-ins beside it how to fail: `library_faults.json`, an error text by library; "wrong" for numbers."""

import json
from pathlib import Path

_PATH = Path(__file__).with_suffix(".json")
FAULTS = json.loads(_PATH.read_text()) if _PATH.exists() else {}


def factor(library):
    """What the numbers of a library are multiplied by; raises its fault."""
    fault = FAULTS.get(library)
    if fault not in {None, "wrong", "cpu"}:
        raise RuntimeError(fault)
    return 0.0 if fault == "wrong" else 1.0


def sees_gpu(library):
    return FAULTS.get(library) != "cpu"


class Array:
    """The little of an array that the checks ask for, in plain Python."""

    def __init__(self, rows, device="/device:GPU:0"):
        self.rows, self.device = rows, device

    def __matmul__(self, other):
        columns = list(zip(*other.rows))
        return Array([[sum(map(float.__mul__, row, column)) for column in columns] for row in self.rows])

    def __mul__(self, number):
        return Array([[entry * number for entry in row] for row in self.rows])

    def __add__(self, number):
        return Array([[entry + number for entry in row] for row in self.rows])

    def __getitem__(self, place):
        return Array(self.rows[place], self.device)

    def tolist(self):
        return self.rows

    def numpy(self):
        return self

    def block_until_ready(self):
        return self
