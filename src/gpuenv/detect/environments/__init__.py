"""Reads a Python environment: what it is, and what is installed in it."""
