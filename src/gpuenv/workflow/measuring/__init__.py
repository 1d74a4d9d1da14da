"""Reads builds that the matrix does not know, so that they join the search."""
