"""Which release of an extension is looked for beside a torch that is there."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from gpuenv.workflow.builds.prebuilt import paired
from support.machines import matrix


@pytest.mark.parametrize(
    ("requirement", "torch", "tag", "release"),
    [
        ("xformers", "2.8.0+cu128", "cu128", "xformers==0.0.32.post2"),
        ("xformers<=0.0.32.post1", "2.8.0+cu128", "cu128", "xformers<=0.0.32.post1,==0.0.32.post1"),
        ("xformers", "2.15.0+cu130", "cu130", "xformers==0.0.35"),
        ("xformers", "2.15.0", "cu132", None),
        ("xformers==0.0.34", "2.9.1", "cu128", None),
        ("flash-attn", "2.15.0", "cu130", "flash-attn"),
        ("bitsandbytes", "2.15.0", "cu130", "bitsandbytes"),
    ],
)
def test_the_newest_release_for_the_torch_and_its_cuda_is_wanted(
    requirement: str, torch: str, tag: str, release: str | None
) -> None:
    asked = Requirement(requirement)
    (row,) = (row for row in matrix().extensions if row.package == asked.name)
    found = paired(asked, row, Version(torch), tag)
    wanted = None if release is None else Requirement(release)
    assert found == wanted
