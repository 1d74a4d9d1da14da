"""C++ symbols, named as their source names them."""

from __future__ import annotations

import pytest

from gpuenv.diagnose.symbols import demangle


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("_ZN3c104cuda9SetDeviceEi", "c10::cuda::SetDevice"),
        ("_ZNK5torch8autograd4Node4nameEv", "torch::autograd::Node::name"),
        ("_ZN3c104impl3cow11cow_deleterEPv", "c10::impl::cow::cow_deleter"),
        ("_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_stringIcEE", "c10::Error::Error"),
        ("_ZNK3c107SymBool10guard_boolEPKcl", "c10::SymBool::guard_bool"),
        ("_Z7my_funci", "my_func"),
        ("cuTensorMapEncodeTiled", "cuTensorMapEncodeTiled"),
        ("_ZN3c104cuda9SetDev", "c10::cuda"),
        ("", ""),
    ],
)
def test_a_symbol_is_named_without_its_arguments(symbol: str, name: str) -> None:
    assert demangle(symbol) == name
