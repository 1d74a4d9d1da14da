from __future__ import annotations

import ast
import importlib.util
from typing import TYPE_CHECKING, Any

from gpuenv.verify.session import PAYLOADS, Finding, Reports, parse_reports, split_printed

if TYPE_CHECKING:
    from pathlib import Path

REPORTED = """\
{"event": "plan", "checks": [["torch-import", true], ["torch-sort", false]]}
{"event": "fact", "name": "seed", "value": "7"}
{"event": "started", "check": "torch-import"}
{"event": "finished", "check": "torch-import", "status": "passed", "code": null, "detail": "torch 2", "seconds": 1.5}
{"event": "started", "check": "torch-sort"}
"""


def test_the_check_that_was_running_when_the_process_ended_is_known() -> None:
    assert parse_reports(REPORTED.splitlines()) == Reports(
        plan=("torch-import", "torch-sort"),
        gates=frozenset({"torch-import"}),
        findings=(Finding(name="torch-import", status="passed", code=None, detail="torch 2", seconds=1.5),),
        unfinished="torch-sort",
        facts={"seed": "7"},
        has_ended=False,
    )


def test_a_process_that_had_its_turn_says_so() -> None:
    assert parse_reports(['{"event": "ended"}']) == Reports(has_ended=True)


def test_what_is_printed_belongs_to_the_check_between_whose_markers_it_stands() -> None:
    text = "early\n\x1eab12 torch-sort\nFATAL: one\n\x1eother torch-fft\nmore\n\n\x1eab12 -\nlate\n"
    assert split_printed(text, "ab12") == {
        "-": "early\nlate\n",
        "torch-sort": "FATAL: one\n\x1eother torch-fft\nmore\n",
    }


def test_colours_are_taken_out_of_what_is_printed() -> None:
    text = "\x1eab12 onnxruntime-session\n\x1b[1;31m2026-11-21 [E:onnxruntime] Failed to load library\n\x1b[m\n"
    assert split_printed(text, "ab12") == {"onnxruntime-session": "2026-11-21 [E:onnxruntime] Failed to load library\n"}


def test_an_exception_is_told_with_those_that_it_was_raised_from_and_no_others() -> None:
    harness = load(PAYLOADS / "harness.py")

    raised = ImportError("could not load:\n\n  this library\nof the torch:\nat hand")
    raised.__cause__ = OSError("libcudart.so.13: cannot open shared object file")
    raised.__cause__.__context__ = KeyError("only being handled")
    assert harness.told(raised) == (
        "ImportError: could not load: this library\nof the torch:\nat hand\n"
        "from OSError: libcudart.so.13: cannot open shared object file"
    )


def load(path: Path) -> Any:  # noqa: ANN401 - a module
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_payloads_are_written_in_the_language_of_python_3_8_and_import_nothing_of_gpuenv() -> None:
    for path in PAYLOADS.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
        at_run_time = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        names = {alias.name for node in at_run_time if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in at_run_time if isinstance(node, ast.ImportFrom)}
        assert not {name for name in names if name.startswith("gpuenv")}, path


def test_the_payloads_use_nothing_of_the_library_that_python_3_8_lacks() -> None:
    """Methods, functions and arguments of 3.9 and later that one writes without a thought."""
    newer = {"removeprefix", "removesuffix", "is_relative_to", "bit_count", "pairwise", "batched", "unparse", "cache"}
    for path in PAYLOADS.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not used & newer, path
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        named = {(getattr(call.func, "id", ""), keyword.arg) for call in calls for keyword in call.keywords}
        assert ("zip", "strict") not in named, path
