"""Looks up the sources that the rows of a matrix file name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gpuenv.models.matrix import Evidence, Provenance

if TYPE_CHECKING:
    from gpuenv.matrix.table import Table

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EVIDENCE_AND_TEXT = 2


class Sources:
    """The `[sources]` of one file: key = [evidence, text].

    A row names one key or several (`source = "listing cpu"`): their texts are joined, the first gives the evidence.
    `evidence` and `verified` in a row win over those of its source and its file.
    """

    def __init__(self, root: Table) -> None:
        """Read `[sources]` and `verified`, the date on which all of the file was verified unless a row says more."""
        self._verified = root.read("verified", _parse_date)
        table = root.table("sources")
        self._texts: dict[str, str] = {}
        self._evidence: dict[str, Evidence] = {}
        for key in table.keys():  # noqa: SIM118 - a Table is no mapping
            cells = [cell for _, cell in table.cells(key)]
            if len(cells) != _EVIDENCE_AND_TEXT:
                raise table.error(key, "bad-value", cells)
            try:
                self._evidence[key] = Evidence(cells[0])
            except ValueError as error:
                raise table.error(key, "bad-value", cells[0]) from error
            self._texts[key] = cells[1]
        self._known: dict[str, Provenance] = {}
        self._unused = set(self._texts)

    def of(self, row: Table) -> Provenance:
        """Read `source`, `evidence` and `verified` of a row."""
        found = self.named(row, "source", row.text("source"))
        evidence = row.optional("evidence", Evidence)
        verified = row.optional("verified", _parse_date)
        if evidence is None and verified is None:
            return found
        return Provenance(evidence=evidence or found.evidence, source=found.source, verified=verified or found.verified)

    def named(self, row: Table, place: str, keys: str) -> Provenance:
        """Look up the keys that a row names at a place."""
        if keys in self._known:
            return self._known[keys]
        words = keys.split()
        if not words:
            raise row.error(place, "unknown-source", keys)
        for word in words:
            if word not in self._texts:
                raise row.error(place, "unknown-source", word)
            self._unused.discard(word)
        found = Provenance(
            evidence=self._evidence[words[0]],
            source="; ".join(self._texts[word] for word in words),
            verified=self._verified,
        )
        self._known[keys] = found
        return found

    @property
    def unused(self) -> tuple[str, ...]:
        """The keys that no row has named so far, for `validate`."""
        return tuple(sorted(self._unused))


def _parse_date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return text
