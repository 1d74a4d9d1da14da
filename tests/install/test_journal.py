"""The journal tells what was begun and finished, whatever a crash cut off."""

from __future__ import annotations

from pathlib import Path

from gpuenv.install.journal import Entry, Journal, parse_journal, read_journal

SAMPLE = Path(__file__).parent.parent / "data" / "install" / "journal.jsonl"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write("begin", kind="change", is_new=False)
    journal.write("step", command=["uv", "pip"])
    assert read_journal(tmp_path / "journal.jsonl") == (
        Entry(event="begin", facts={"kind": "change", "is_new": False}),
        Entry(event="step", facts={"command": ["uv", "pip"]}),
    )
    assert read_journal(tmp_path / "missing") == ()


def test_a_line_that_was_cut_off_never_happened() -> None:
    text = SAMPLE.read_text()
    events = [entry.event for entry in parse_journal(text)]
    assert events == ["begin", "snapshot-complete", "step", "step-done", "committed"]
    whole_lines = text.splitlines(keepends=True)
    for length in range(len(text)):
        found = [entry.event for entry in parse_journal(text[:length])]
        complete = sum(length >= len("".join(whole_lines[: number + 1])) - 1 for number in range(len(whole_lines)))
        assert found == events[:complete]
