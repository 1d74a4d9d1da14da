# ruff: noqa
# mypy: ignore-errors
"""Stands in for a torch whose library faults while it is loaded."""

import os
import signal

print("loading", flush=True)
os.kill(os.getpid(), signal.SIGSEGV)
