"""Makes docs/reliability.md out of the fault table and the results of a run of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from support.fault_table import NotRun, Row

HEAD = """# Reliability

What happens to an environment when a run of `gpuenv` meets a fault. Each row is run by
`tests/functional/test_faults.py` with the real command line, real engines and real environments against an index on
loopback; afterwards every file, folder and link of the environment is compared with the state before and with the
planned state, by content and mode. This page is written by `scripts/write_reliability.py` from the table
(`tests/support/fault_table.py`) and the results of its last run; a test holds both in step.

*Afterwards* says what the environment must be: the state **before**, the **planned** one, or **either** of them where
the moment decides. After `kill -9` it is the next command that puts things in order: `gpuenv undo`, or any
`gpuenv install`. *Runs* counts what was seen: how often it was the state before, and how often the planned one.
"""

LIMITS = """## Known limits

- A file that a wheel puts outside the environment's `bin`, `lib`, `share`, `include`, `etc` and `man` (its data files)
  is put back and taken away by the RECORD of its distribution. A kill between the two leaves such a file behind.
- Where links are refused, only the files that the plan can touch are copied. What another program changes meanwhile is
  named with the command that mends it (`rollback-incomplete`, exit code 5).
- An editor that writes into a file in place, instead of replacing it, writes into the snapshot too, and into uv's
  cache. uv, pip and Python itself never do: a test proves it.
"""


def reliability_document(
    rows: Sequence[Row], not_run: Sequence[NotRun], results: Mapping[str, Sequence[Mapping[str, Any]]]
) -> str:
    """Make the page; `results` are by row what each run showed, as the test writes them."""
    parts = [HEAD]
    for group in dict.fromkeys(row.group for row in rows):
        chosen = [row for row in rows if row.group == group]
        parts.append("\n".join(_group(group, chosen, results)))
    parts.append("\n".join(_not_run(not_run)))
    parts.append(LIMITS)
    return "\n".join(parts)


def _group(group: str, rows: Iterable[Row], results: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    yield f"## {group[0].upper()}{group[1:]}"
    yield ""
    yield "| id | fault | afterwards | exit code, status, errors | runs |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| `{row.id}` | {row.what} | {row.ends} | {ending_of(row)} | {_seen(results.get(row.id, ()))} |"
    yield ""


def ending_of(row: Row) -> str:
    """How the command itself ends."""
    if row.exit_code is None:
        return "killed"
    shown = (f"`{row.command_shown.replace('{root}', 'ENV')}`",) if row.command_shown else ()
    return ", ".join((str(row.exit_code), row.status or "", *(f"`{code}`" for code in row.codes), *shown))


def _seen(several: Sequence[Mapping[str, Any]]) -> str:
    if not several:
        return "not run"
    endings = Counter(str(observed["ending"]) for observed in several)
    return ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))


def _not_run(rows: Iterable[NotRun]) -> Iterator[str]:
    yield "## Not run: Windows"
    yield ""
    yield "These need a Windows machine. The code that meets them is tested through the calls that Windows refuses."
    yield ""
    yield "| id | fault | what gpuenv does | tested by |"
    yield "|---|---|---|---|"
    for row in rows:
        tests = ", ".join(f"`{name.partition('::')[2]}`" for name in row.tested_by)
        yield f"| `{row.id}` | {row.what} | {row.meets_it} | {tests} |"
    yield ""


def differences(page: str, rows: Sequence[Row], not_run: Sequence[NotRun]) -> list[str]:
    """List in what a page is not in step with the table, or shows a run that did not end as it must."""
    lines = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| `")]
    shown = {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in lines}
    names = [row.id for row in (*rows, *not_run)]
    found = [f"{name}: not on the page" for name in names if name not in shown]
    found += [f"{name}: not in the table" for name in shown if name not in names]
    for row in rows:
        cells = shown.get(row.id)
        if cells is None:
            continue
        if cells[:3] != [row.what, row.ends, ending_of(row)]:
            found.append(f"{row.id}: the table says something else")
        seen = [part.split(" ") for part in cells[3].split(", ")]
        allowed = {"before", "planned"} if row.ends == "either" else {row.ends}
        if not all(part[0].isdigit() and part[1] in allowed for part in seen):
            found.append(f"{row.id}: ended otherwise: {cells[3]}")
        elif sum(int(part[0]) for part in seen) != row.runs + row.slow_runs:
            found.append(f"{row.id}: not run as often as the table says")
    return found
