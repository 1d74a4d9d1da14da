"""A stand-in with the build system of the real one: setup.py, CUDAExtension, an include folder in nvcc's own flags."""

import os

from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CUDAExtension

HERE = os.path.dirname(os.path.abspath(__file__))

setup(
    name="diff_gaussian_rasterization",
    version="0.0.1",
    packages=["diff_gaussian_rasterization"],
    ext_modules=[
        CUDAExtension(
            name="diff_gaussian_rasterization._C",
            sources=["rasterize.cu", "ext.cpp"],
            extra_compile_args={"nvcc": ["-I" + os.path.join(HERE, "third_party/glm/")]},
        )
    ],
    cmdclass={"build_ext": BuildExtension},
)
