"""Words the sentences of files that others read: the same whatever the language of who makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.errors import ContextValue


def file_wording(code: str, facts: Mapping[str, ContextValue]) -> str:
    """Give the sentence of a code: in both languages for INSTALL-GPU.md, in English for a Dockerfile."""
    english = phrase(code, facts, "en").message
    if not code.startswith("guide-"):
        return english
    return f"{english} / {phrase(code, facts, 'zh').message}"
