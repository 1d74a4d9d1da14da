from __future__ import annotations

import ast

from gpuenv.verify.session import PAYLOADS, Finding, Reports, parse_reports, split_printed

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


def test_the_payloads_are_written_in_the_language_of_python_3_8_and_import_nothing_of_gpuenv() -> None:
    for path in PAYLOADS.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
        at_run_time = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        names = {alias.name for node in at_run_time if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in at_run_time if isinstance(node, ast.ImportFrom)}
        assert not {name for name in names if name.startswith("gpuenv")}, path
