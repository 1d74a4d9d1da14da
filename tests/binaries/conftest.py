"""What the tests of this room share."""

from __future__ import annotations

import shutil

import pytest

from support.cuda_tools import CudaTools, install_cuda_tools


@pytest.fixture(scope="session")
def cuda_tools(pytestconfig: pytest.Config) -> CudaTools:
    if shutil.which("g++") is None:
        pytest.skip("nvcc needs g++")
    cache = pytestconfig.cache
    assert cache is not None
    tools = install_cuda_tools(cache.mkdir("cuda-13.2.2"))
    if isinstance(tools, str):
        pytest.skip(tools)
    return tools
