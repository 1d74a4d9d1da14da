"""Keeps the trees of an environment as they were, and puts them back."""
