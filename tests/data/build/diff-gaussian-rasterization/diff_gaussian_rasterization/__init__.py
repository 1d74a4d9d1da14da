import torch  # noqa: F401 - its libraries have to be there before the extension's

from . import _C


class GaussianRasterizer:
    def __call__(self, points, scale):
        return _C.splat(points, scale)
