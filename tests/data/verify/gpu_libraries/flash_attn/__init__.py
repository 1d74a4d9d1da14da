# ruff: noqa
# mypy: ignore-errors
"""Stands in for flash-attn."""

from library_faults import factor

__version__ = "2.8.3"


def flash_attn_func(query, key, value):
    wide = [tensor.float().transpose(1, 2) for tensor in (query, key, value)]
    weights = (wide[0] @ wide[1].transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(dim=-1)
    return ((weights @ wide[2]).transpose(1, 2) * factor("flash-attn")).half()
