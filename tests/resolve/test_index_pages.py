"""What index pages change: wheels that are missing or yanked, folders of wheels, nightly channels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from gpuenv.models.index import IndexedWheel, ProjectPage, Source, SourceKind
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.resolve.resolver import resolve
from support.machines import PYTORCH, matrix, request, tables, target

if TYPE_CHECKING:
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.platform import PlatformName
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target
    from gpuenv.resolve.problem import PageKey

    Pages = dict[PageKey, ProjectPage]

NEW = "580.95.05"
LINUX = "manylinux_2_28_x86_64"


def wheel(name: str, version: str, *, python: str = "cp312", on: str = LINUX, yanked: bool = False) -> IndexedWheel:
    filename = f"{name}-{version}-{python}-{python}-{on}.whl"
    project, parsed, build, tags = parse_wheel_filename(filename)
    return IndexedWheel(
        name=project,
        version=parsed,
        build=build,
        tags=tags,
        filename=filename,
        url=f"https://index.example/{filename}",
        is_yanked=yanked,
    )


def page(tag: str | None, *wheels: IndexedWheel, source: Source = PYTORCH, project: str = "torch") -> Pages:
    """Make the page of a project; none where it has no wheels."""
    listed = tuple(found for found in wheels if found.name == project)
    if not listed:
        return {}
    return {(source, tag, project): ProjectPage(source=source, tag=tag, project=listed[0].name, wheels=listed)}


def answer(asked: Request, machine: Target, pages: Pages) -> Resolution | Conflict:
    return resolve(asked, machine, matrix(), pages=pages, tables=tables())


def chosen(outcome: Resolution | Conflict) -> tuple[str, ...]:
    if isinstance(outcome, Conflict):
        return (outcome.reason.code,)
    return tuple(str(pin.version) for pin in outcome.pins)


@pytest.mark.parametrize(
    "there", [wheel("torch", "2.15.0+cu130", python="cp311"), wheel("torch", "2.15.0+cu130", yanked=True)]
)
def test_a_missing_or_yanked_wheel_drops_the_candidate_and_the_search_goes_on(there: IndexedWheel) -> None:
    machine = target("12.0", driver=NEW)
    outcome = resolve(
        request(policy=IndexPolicy.PYTORCH), machine, matrix(), pages=page("cu130", there), tables=tables()
    )
    assert isinstance(outcome, Resolution)
    assert outcome.torch is not None
    assert outcome.torch.build.label == "2.15.0+cu132"
    codes = {found.candidate.build.label: found.reason.code for found in outcome.rejected}
    assert codes == {"2.15.0+cu130": "wheel-not-on-index"}
    both = page("cu130", there) | page("cu132", wheel("torch", "2.14.1+cu132"))
    outcome = answer(request(policy=IndexPolicy.PYTORCH), machine, both)
    assert isinstance(outcome, Resolution)
    codes = {found.candidate.build.label: found.reason.code for found in outcome.rejected}
    assert codes["2.15.0+cu130"] == codes["2.15.0+cu132"] == "wheel-not-on-index"


def test_a_folder_of_wheels_serves_a_described_target_and_nothing_else_is_taken() -> None:
    folder = Source(kind=SourceKind.FIND_LINKS, location="/wheels")
    wheels = (
        wheel("torch", "2.11.0+cu128"),
        wheel("torch", "2.9.0+cpu"),
        wheel("torchvision", "0.26.0+cu128"),
    )
    pages = page(None, *wheels, source=folder) | page(None, *wheels, source=folder, project="torchvision")
    asked = replace(request("torch", "torchvision"), policy=IndexPolicy.LOCATION, sources=(folder,))
    machine = target("12.0", driver=NEW)
    assert chosen(answer(asked, machine, pages)) == ("2.11.0+cu128", "0.26.0+cu128")
    old = target("6.1", driver=NEW)
    assert chosen(answer(asked, old, pages)) == ("no-gpu-build-on-index",)


def test_indexes_with_a_torch_and_without_its_companion_are_told_what_they_lack() -> None:
    mirror = Source(kind=SourceKind.PYTORCH, location="https://mirror.example/whl")
    asked = replace(request("torch", "torchvision"), policy=IndexPolicy.LOCATION, sources=(mirror,))
    pages: Pages = {}
    for tag in {build.tag for build in matrix().torch}:
        newest = wheel("torch", "2.15.0+cu130" if tag == "cu130" else f"1.0+{tag}")
        pages |= page(tag, newest, source=mirror)
        pages |= page(tag, wheel("torchvision", f"0.1+{tag}"), source=mirror, project="torchvision")
    outcome = answer(asked, target("12.0", driver=NEW), pages)
    assert isinstance(outcome, Conflict)
    told = {name: outcome.reason.context[name] for name in ("lacking", "policy")}
    assert (outcome.reason.code, told) == (
        "no-companion-on-index",
        {"lacking": "torchvision", "policy": "https://mirror.example/whl"},
    )


def acme(label: str, tag: str, *, source: Source) -> CompatibilityMatrix:
    """Add a company's own build, as it was measured in a folder or on a mirror."""
    like = next(build for build in matrix().torch if build.label == "2.15.0+cu130")
    on_mirror = source.kind is SourceKind.PYTORCH
    own = replace(like, local=label, tag=tag, on_pytorch_index=on_mirror, on_pypi=False)
    return replace(matrix(), torch=(*matrix().torch, own))


@pytest.mark.parametrize(
    ("source", "tag"),
    [
        (Source(kind=SourceKind.FIND_LINKS, location="/wheels"), None),
        (Source(kind=SourceKind.PYTORCH, location="https://mirror.example/whl"), "cu130"),
    ],
    ids=["folder", "mirror"],
)
def test_a_companys_own_build_is_pinned_by_its_own_label(source: Source, tag: str | None) -> None:
    pages = page(tag, wheel("torch", "2.15.0+acme1"), source=source)
    asked = replace(request(), policy=IndexPolicy.LOCATION, sources=(source,))
    data = acme("acme1", "cu130", source=source)
    outcome = resolve(asked, target("12.0", driver=NEW), data, pages=pages)
    assert chosen(outcome) == ("2.15.0+acme1",)
    assert isinstance(outcome, Resolution)
    assert outcome.torch is not None
    assert (outcome.pins[0].requirement, outcome.torch.build.label) == ("torch==2.15.0+acme1", "2.15.0+acme1")
    for wanted, answered in (("==2.15.0", True), ("==2.15.0+acme1", True), ("==2.15.0+acme2", False)):
        found = resolve(
            replace(asked, requirements=(Requirement(f"torch{wanted}"),)),
            target("12.0", driver=NEW),
            data,
            pages=pages,
        )
        assert isinstance(found, Resolution) is answered, wanted


def nightly_pages(*dates: str, platform: str = LINUX) -> Pages:
    wheels = [wheel("torch", f"2.16.0.dev{date}+cu132", on=platform) for date in dates]
    wheels += [wheel("torchvision", f"0.30.0.dev{date}+cu132", on=platform) for date in dates[:1]]
    return page("nightly/cu132", *wheels) | page("nightly/cu132", *wheels, project="torchvision")


@pytest.mark.parametrize(("platform", "tag"), [("linux-x86_64", LINUX), ("windows-x86_64", "win_amd64")])
def test_nightly_builds_are_taken_when_asked_for_at_one_date_for_the_family(platform: PlatformName, tag: str) -> None:
    pages = nightly_pages("20261118", "20261120", platform=tag)
    machine = target("12.0", driver="596.21" if platform.startswith("windows") else "595.71.05", platform=platform)
    asked = replace(request("torch", "torchvision"), channel="nightly")
    outcome = answer(asked, machine, pages)
    assert chosen(outcome) == ("2.16.0.dev20261118+cu132", "0.30.0.dev20261118+cu132")
    assert isinstance(outcome, Resolution)
    assert {pin.tag for pin in outcome.pins} == {"nightly/cu132"}
    assert "nightly-vanishes" in {note.code for note in outcome.notes}
    alone = resolve(
        replace(asked, requirements=asked.requirements[:1]), machine, matrix(), pages=pages, tables=tables()
    )
    assert chosen(alone) == ("2.16.0.dev20261120+cu132",)


def test_where_no_night_has_all_of_the_family_the_nearest_that_is_not_newer_goes_along() -> None:
    torch = [wheel("torch", f"2.16.0.dev{date}+cu132") for date in ("20261117", "20261120")]
    vision = [wheel("torchvision", f"0.30.0.dev{date}+cu132") for date in ("20261115", "20261118", "20261121")]
    pages = page("nightly/cu132", *torch) | page("nightly/cu132", *vision, project="torchvision")
    asked = replace(request("torch", "torchvision"), channel="nightly")
    outcome = answer(asked, target("12.0", driver="595.71.05"), pages)
    assert chosen(outcome) == ("2.16.0.dev20261120+cu132", "0.30.0.dev20261118+cu132")
    assert isinstance(outcome, Resolution)
    (differing,) = [note for note in outcome.notes if note.code == "nightly-dates-differ"]
    assert differing.context["companion"] == "torchvision 0.30.0.dev20261118+cu132"


def test_nightly_builds_are_not_taken_unless_asked_for() -> None:
    outcome = answer(request(), target("12.0", driver=NEW), nightly_pages("20261118"))
    assert chosen(outcome) == ("2.15.0+cu130",)


def test_nightly_builds_obey_the_rules_as_well() -> None:
    asked = replace(request(), channel="nightly")
    pages = nightly_pages("20261118")
    for machine, expected in (
        (target("6.1", driver=NEW), "2.14.1+cu126"),
        (target("12.0", driver="570.124.06"), "2.11.0+cu128"),
    ):
        assert chosen(answer(asked, machine, pages)) == (expected,)


@pytest.mark.parametrize(
    ("asked", "successor"),
    [
        ("torch==2.10.0.dev20251210+cu128", "torch==2.10.0"),
        ("torch==2.11.0.dev20260101", "torch==2.11.0"),
        ("torch==1.14.0.dev20221201", "torch==2.15.0"),
    ],
)
def test_a_nightly_that_vanished_is_answered_with_its_stable_successor(asked: str, successor: str) -> None:
    outcome = resolve(request(asked), target("12.0", driver=NEW), matrix(), tables=tables())
    assert isinstance(outcome, Conflict)
    assert outcome.reason.code == "nightly-vanished"
    assert [cause.change.context["instead"] for cause in outcome.causes] == [successor]


def test_a_nightly_that_is_still_there_is_pinned_exactly() -> None:
    asked = replace(request("torch==2.16.0.dev20261118+cu132"), channel="nightly")
    pages = nightly_pages("20261118", "20261120")
    outcome = answer(asked, target("12.0", driver=NEW), pages)
    assert chosen(outcome) == ("2.16.0.dev20261118+cu132",)
