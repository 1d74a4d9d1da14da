"""The sentences of the station `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.report.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {}
