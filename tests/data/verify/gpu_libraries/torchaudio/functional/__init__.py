# ruff: noqa
# mypy: ignore-errors
"""Stands in for torchaudio.functional; the numbers are those of a shorter sound, on every device."""

from library_faults import factor


def resample(sound, before, after):
    step = max(1, before // after)
    is_wide = str(sound.dtype) == "torch.float64"
    return sound[:, ::step] * (1.0 if is_wide else factor("torchaudio"))
