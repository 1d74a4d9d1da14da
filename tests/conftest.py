"""Keeps the tests apart from whoever runs them; shows where two values differ, as pytest does for other dataclasses."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

# Started by nohup or behind `&`, the tests and what they start would ignore what some of them send.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_configure(config: pytest.Config) -> None:
    """Keep what gpuenv knows of this user out of the tests, and what tests find out away from the user."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # has them from the process that started it
    own = tempfile.mkdtemp(prefix="gpuenv-user-")
    os.environ["GPUENV_CACHE_DIR"] = os.path.join(own, "cache")  # noqa: PTH118 - a variable is text
    os.environ["GPUENV_DATA_DIR"] = os.path.join(own, "data")  # noqa: PTH118 - as above
    config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    if op != "==" or not is_dataclass(left) or type(left) is not type(right):
        return None
    return [f"two {type(left).__name__} that are not equal", *differences(left, right, "")]


def differences(left: object, right: object, place: str) -> Iterator[str]:
    if is_dataclass(left) and type(left) is type(right):
        for field in fields(left):
            if field.compare:
                yield from differences(getattr(left, field.name), getattr(right, field.name), f"{place}.{field.name}")
    elif isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, f"{place}[{index}]")
    elif left != right:
        yield f"{place}: {left!r} != {right!r}"
