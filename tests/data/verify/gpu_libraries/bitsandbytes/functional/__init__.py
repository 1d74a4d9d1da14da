# ruff: noqa
# mypy: ignore-errors
"""Stands in for bitsandbytes' 4-bit numbers: the nearest of 16 codes for each number of a block."""

import torch
from library_faults import factor

_CODES = [
    -1.0,
    -0.6961928,
    -0.5250731,
    -0.3949175,
    -0.2844414,
    -0.1847734,
    -0.0910500,
    0.0,
    0.0795803,
    0.1609302,
    0.2461123,
    0.3379152,
    0.4407098,
    0.5626170,
    0.7229568,
    1.0,
]


def quantize_4bit(numbers, blocksize, quant_type):
    blocks = numbers.reshape(-1, blocksize)
    largest = blocks.abs().amax(dim=1, keepdim=True)
    nearest = ((blocks / largest).unsqueeze(-1) - torch.tensor(_CODES)).abs().argmin(dim=-1)
    return nearest, (largest, numbers.shape)


def dequantize_4bit(packed, state):
    largest, shape = state
    return (torch.tensor(_CODES)[packed] * largest * factor("bitsandbytes")).reshape(shape)
