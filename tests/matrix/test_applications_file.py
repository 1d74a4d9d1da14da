"""What the file of applications means, what it refuses, and what the newest matrix says in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gpuenv.errors import GpuenvError
from gpuenv.matrix.applications import load_applications
from gpuenv.matrix.applications_file import parse_applications
from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.folder import parse_table
from gpuenv.matrix.shelf import find_matrix
from gpuenv.matrix.validate import validate_folder
from gpuenv.models.application import (
    Application,
    ApplicationCheck,
    ApplicationExtension,
    ApplicationLimit,
    ApplicationRequirement,
    ApplicationSetting,
    ApplicationSwitch,
    KeptOut,
)
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.matrix import Evidence, Provenance
from gpuenv.models.notice import Notice
from gpuenv.report.messages.applications import MESSAGES
from gpuenv.verify.profile import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = (Path(__file__).parent.parent / "data" / "matrix" / "applications.toml").read_text(encoding="utf-8")
README = Provenance(evidence=Evidence.RELEASE_NOTES, source="its README", verified="2026-12-01")
ISSUE = Provenance(evidence=Evidence.REPORT, source="an issue", verified="2026-12-01")


def parsed(text: str) -> tuple[Application, ...]:
    return parse_applications(parse_table(text.encode(), file="applications.toml")).applications


def test_every_part_of_a_row_is_read_with_its_own_source() -> None:
    (application,) = parsed(SAMPLE)
    assert application == Application(
        name="painter",
        is_package=True,
        about="paints",
        requires=(
            ApplicationRequirement(requirement=Requirement("torch<2.14"), provenance=README),
            ApplicationRequirement(requirement=Requirement("painter==2"), provenance=ISSUE, is_newest_only=True),
        ),
        keeps_out=(KeptOut(project="onnxruntime", provenance=ISSUE),),
        extensions=(
            ApplicationExtension(
                package="brush",
                build_from="git+https://example.org/brush",
                import_check="import brush",
                provenance=README,
            ),
        ),
        checks=(
            ApplicationCheck(capability="fp16", imports=None, provenance=README),
            ApplicationCheck(capability=None, imports="painter", provenance=README),
        ),
        settings=(ApplicationSetting(variable="BRUSH", value="1", provenance=README, system="linux"),),
        switches=(
            ApplicationSwitch(
                name="half", needs=("fp16",), variable="is_half", on="True", off="False", provenance=README
            ),
        ),
        limits=(
            ApplicationLimit(
                minimum=ComputeCapability.parse("12.0"), maximum=None, code="limit-slow", provenance=ISSUE
            ),
        ),
        provenance=README,
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ('name = "painter"', 'name = "The_Painter"', "application[0].name", "bad-value"),
        ("package = true", "package = 1", "application[0].package", "wrong-type"),
        ('"torch<2.14"', '"torch<<2.14"', "application[0].requires[0].requirement", "bad-value"),
        ('gpus = "12.0.."', 'gpus = "12.0"', "application[0].limits[0].gpus", "bad-value"),
        ('variable = "BRUSH"', 'variable = "A B"', "application[0].settings[0].variable", "bad-value"),
        ('system = "linux"', 'system = "beos"', "application[0].settings[0].system", "bad-value"),
        (', off = "False"', "", "application[0].switches[0].variable", "bad-value"),
        (
            'capability = "fp16"',
            'capability = "fp16", imports = "x"',
            "application[0].checks[0].capability",
            "bad-value",
        ),
        ('code = "limit-slow", ', "", "application[0].limits[0].code", "missing-key"),
        (
            'source = "issue" }]\nsource',
            'source = "isue" }]\nsource',
            "application[0].limits[0].source",
            "unknown-source",
        ),
        ('about = "paints"', 'about = "paints"\nmood = "blue"', "application[0].mood", "unknown-key"),
    ],
)
def test_what_has_no_meaning_is_refused_with_its_place(old: str, new: str, place: str, problem: str) -> None:
    assert old in SAMPLE
    with pytest.raises(GpuenvError) as caught:
        parsed(SAMPLE.replace(old, new, 1))
    assert (caught.value.code, caught.value.context["place"], caught.value.context["problem"]) == (
        "matrix-invalid",
        place,
        problem,
    )


def test_a_limit_holds_for_both_its_ends() -> None:
    (limit,) = parsed(SAMPLE.replace('"12.0.."', '"8.0..8.9"'))[0].limits
    held = [name for name in ("7.5", "8.0", "8.6", "8.9", "9.0") if limit.holds_for(ComputeCapability.parse(name))]
    assert held == ["8.0", "8.6", "8.9"]


def test_a_matrix_from_before_applications_were_known_has_none(tmp_path: Path) -> None:
    shutil.copytree(find_matrix(None, cwd=tmp_path), tmp_path / "old")
    (tmp_path / "old" / "applications.toml").unlink()
    assert load_applications("old", cwd=tmp_path) == ()


@pytest.mark.parametrize(
    ("old", "new", "row", "problem"),
    [
        ('gpus = "6.1..6.1"', 'gpus = "6.1..5.0"', "gpt-sovits", "empty-range"),
        ('gpus = "6.1..6.1"', 'gpus = "6.3..6.3"', "gpt-sovits", "unknown-capability"),
        ("[sources]", '[sources]\nspare = ["report", "nothing"]', "spare", "unused-source"),
    ],
)
def test_rows_that_contradict_others_are_named(old: str, new: str, row: str, problem: str, tmp_path: Path) -> None:
    shutil.copytree(find_matrix(None, cwd=tmp_path), tmp_path / "changed")
    file = tmp_path / "changed" / "applications.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    found = validate_folder(tmp_path / "changed")
    assert Notice.of("matrix-row-inconsistent", file=str(file), row=row, problem=problem) in found


def provenances(application: Application) -> Iterator[Provenance]:
    yield application.provenance
    for parts in (
        application.requires,
        application.keeps_out,
        application.extensions,
        application.checks,
        application.settings,
        application.switches,
        application.limits,
    ):
        yield from (part.provenance for part in parts)


def test_the_newest_matrix_knows_the_five_and_others_with_a_source_for_each_part(tmp_path: Path) -> None:
    known = {application.name: application for application in load_applications(None, cwd=tmp_path)}
    assert {"easyocr", "rembg", "mmcv-bev", "gpt-sovits", "onnx-tagger", "gaussian-splatting"} <= set(known)
    assert {"comfyui", "faster-whisper", "insightface", "vllm", "unsloth"} <= set(known)
    for application in known.values():
        assert all(provenance.source for provenance in provenances(application))
        assert set(application.capabilities) <= set(CAPABILITIES)
        assert {need for switch in application.switches for need in switch.needs} <= set(CAPABILITIES)


def test_every_limit_has_its_sentence_and_no_sentence_is_left_over(tmp_path: Path) -> None:
    codes = {limit.code for application in load_applications(None, cwd=tmp_path) for limit in application.limits}
    assert codes == {code for code in MESSAGES if code.startswith("limit-")}


def test_extensions_that_applications_need_are_rows_of_the_extensions_file(tmp_path: Path) -> None:
    packages = {extension.package for extension in load_matrix(None, cwd=tmp_path).extensions}
    needed = {
        canonicalize_name(extension.package)
        for application in load_applications(None, cwd=tmp_path)
        for extension in application.extensions
    }
    assert needed <= packages


def test_the_torch_cap_of_mmcv_is_where_the_headers_of_torch_leave_its_standard(tmp_path: Path) -> None:
    (mmcv,) = (found for found in load_applications(None, cwd=tmp_path) if found.name == "mmcv-bev")
    torch = next(part.requirement for part in mmcv.requires if part.requirement.name == "torch")
    standards = {build.version: build.cxx_standard for build in load_matrix(None, cwd=tmp_path).torch}
    assert {standards[version] for version in standards if version in torch.specifier} <= {None, 14, 17}
    assert {standard for version, standard in standards.items() if version not in torch.specifier} == {20}
