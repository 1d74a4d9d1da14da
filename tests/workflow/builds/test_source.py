"""Where the source of a package comes from that PyPI has none of."""

from __future__ import annotations

from packaging.requirements import Requirement

from gpuenv.build.source import GitSource, NamedSource
from gpuenv.workflow.builds.source import known_source
from support.machines import matrix


def test_a_package_without_a_source_on_pypi_comes_from_its_repository() -> None:
    rows = {row.package: row for row in matrix().extensions}
    named = NamedSource(requirement=Requirement("simple-knn"))
    assert known_source(named, rows["simple-knn"]) == GitSource(url="https://gitlab.inria.fr/bkerbl/simple-knn")
    flash = NamedSource(requirement=Requirement("flash-attn"))
    assert known_source(flash, rows["flash-attn"]) == flash
    assert known_source(named, None) == named
    assert (rows["mmcv"].build_variables, rows["mmcv"].build_requires) == ((("MMCV_WITH_OPS", "1"),), ("psutil",))
