"""What the tests of this folder share."""

from __future__ import annotations

from support.cuda_tools import cuda_tools

__all__ = ["cuda_tools"]
