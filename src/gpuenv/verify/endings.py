"""Says how a process ended."""

from __future__ import annotations

import signal


def how_it_ended(exit_code: int) -> str:
    """Say the signal, or the exit code (hexadecimal where Windows made it)."""
    if exit_code < 0:
        return f"ended by signal {-exit_code} ({signal.strsignal(-exit_code)})"
    return f"ended with exit code {exit_code:#x}" if exit_code > 0xFF else f"ended with exit code {exit_code}"  # noqa: PLR2004 - POSIX codes
