"""A stand-in with the build system of the real one: setup.py and CUDAExtension, a module in a package without code."""

from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CUDAExtension

cxx_flags = ["-std=c++17"]

setup(
    name="simple_knn",
    version="0.0.0",
    packages=["simple_knn"],
    ext_modules=[
        CUDAExtension(
            name="simple_knn._C",
            sources=["spatial.cu", "ext.cpp"],
            extra_compile_args={"nvcc": [*cxx_flags], "cxx": cxx_flags},
        )
    ],
    cmdclass={"build_ext": BuildExtension},
)
