"""The package as a library: what its page shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import gpuenv

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
EXAMPLES = re.findall(r"```python\n(.*?)```\s+prints\s+```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(("code", "printed"), EXAMPLES, ids=[str(number) for number in range(1, len(EXAMPLES) + 1)])
def test_an_example_of_the_page_prints_what_the_page_says(code: str, printed: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.stderr, run.stdout) == ("", printed)


def test_the_page_shows_examples() -> None:
    assert len(EXAMPLES) == PAGE.read_text(encoding="utf-8").count("```python")


def test_every_name_that_is_handed_out_is_listed_and_there() -> None:
    for name in gpuenv.__all__:
        assert name in dir(gpuenv)
        assert getattr(gpuenv, name) is not None


def test_a_name_that_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'gpuenv' has no attribute 'resolv'"):
        gpuenv.resolv  # noqa: B018


def test_importing_the_package_loads_nothing_of_it() -> None:
    code = "import sys, gpuenv; print(sorted(name for name in sys.modules if name.startswith('gpuenv')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['gpuenv']"
