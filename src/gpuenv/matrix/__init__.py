"""Compatibility data becomes values."""
