"""Keeps a mirror a mirror: links that lead back to PyTorch's own hosts are led to the mirror."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

_UPSTREAM_HOSTS: Final = frozenset({"download.pytorch.org", "download-r2.pytorch.org"})
"""Where PyTorch's pages point to; the second one since early 2026 (pytorch/test-infra#7628)."""
_UPSTREAM_ROOT: Final = "/whl/"


def within_mirror(url: str, base: str) -> str:
    """Give the address of a file below `base`, where the page of a mirror names its place upstream.

    Mirrors copy PyTorch's pages as they are. These name files absolutely (`https://download-r2.pytorch.org/whl/cu130/
    torch-...whl`), or from the root of the host (`/whl/cu130/...`), where the mirror's own root is another one. Links
    to other hosts (packages of NVIDIA) and links below `base` stay.
    """
    link, mirror = urlsplit(url), urlsplit(base)
    root = mirror.path.rstrip("/") + "/"
    is_own = (link.scheme, link.netloc) == (mirror.scheme, mirror.netloc)
    if is_own and link.path.startswith(root):
        return url
    if not (is_own or link.hostname in _UPSTREAM_HOSTS) or not link.path.startswith(_UPSTREAM_ROOT):
        return url
    return mirror._replace(path=root + link.path.removeprefix(_UPSTREAM_ROOT), query="", fragment="").geturl()
