"""The rules of compatibility as pure functions."""
