"""Kernel tests in the environment, and verdicts on its libraries."""
