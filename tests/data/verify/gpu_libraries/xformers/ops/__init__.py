# ruff: noqa
# mypy: ignore-errors
"""Stands in for xFormers' attention."""

from library_faults import factor


def memory_efficient_attention(query, key, value):
    wide = [tensor.float().transpose(1, 2) for tensor in (query, key, value)]
    weights = (wide[0] @ wide[1].transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(dim=-1)
    return ((weights @ wide[2]).transpose(1, 2) * factor("xformers")).half()
