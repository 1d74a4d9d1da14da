"""Runs a plan in an environment, with a way back."""
