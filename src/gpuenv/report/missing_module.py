"""Names the package that brings a module which Python did not find."""

from __future__ import annotations

import re
from typing import Final

_MISSING: Final = re.compile(r"No module named '?(?P<module>\w+)'?(?![.\w])")
# ModuleNotFoundError: No module named 'scipy'
_BROUGHT_BY: Final = {
    "PIL": "pillow",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Projects that are not named as their modules are; PyPI's page of each says which module it brings."""


def missing_package(text: str) -> str | None:
    """Name what to install; None for a part of a package that is there: that one was not built, or is damaged.

    >>> missing_package("ModuleNotFoundError: No module named 'cv2'")
    'opencv-python'
    >>> missing_package("ModuleNotFoundError: No module named 'mmcv._ext'")
    """
    found = _MISSING.search(text)
    if found is None:
        return None
    return _BROUGHT_BY.get(found["module"], found["module"].replace("_", "-").lower())
