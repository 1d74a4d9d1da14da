# ruff: noqa
# mypy: ignore-errors
"""As in torch 2.0: attention backends are chosen in `torch.backends.cuda`, there is no `torch.nn.attention`."""

from torch import _Namespace

functional = _Namespace()
