"""Reads `applications.toml`: what is known of applications and of packages that need the GPU."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gpuenv.matrix.sources import Sources
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
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.matrix.table import Table

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationsFile:
    """What `applications.toml` holds."""

    applications: tuple[Application, ...]
    unused_sources: tuple[str, ...]


def parse_applications(root: Table) -> ApplicationsFile:
    """Give `applications.toml` its meaning; `matrix-invalid` for anything that has none.

    [[application]]
    name = "rembg"
    package = true
    about = "removes the background of pictures"
    requires = [{ requirement = "onnxruntime-gpu>=1.23.2,<2", source = "rembg" }]
    keep_out = [{ project = "onnxruntime", source = "rembg" }]
    extensions = [{ package = "simple-knn", build_from = "git+https://...", import_check = "...", files = 3,
        source = "..." }]
    checks = [{ capability = "ort", source = "rembg" }, { imports = "rembg", source = "rembg" }]
    settings = [{ variable = "FORCE_CUDA", value = "1", source = "..." }]
    switches = [{ name = "half-precision", needs = ["fp16"], variable = "is_half", on = "True", off = "False", ... }]
    limits = [{ gpus = "12.0..", code = "limit-...", excludes = true, source = "..." }]
    source = "rembg"
    """
    sources = Sources(root)
    found: list[Application] = []
    for row in root.tables("application"):
        application = _application(row, sources)
        if any(application.name == other.name for other in found):
            raise row.error("name", "duplicate", application.name)
        found.append(application)
    root.finish()
    return ApplicationsFile(applications=tuple(found), unused_sources=sources.unused)


def _application(row: Table, sources: Sources) -> Application:
    application = Application(
        name=row.read("name", _parse_name),
        is_package=row.flag("package"),
        about=row.text("about"),
        requires=tuple(_requirement(part, sources) for part in row.tables("requires")),
        keeps_out=tuple(_kept_out(part, sources) for part in row.tables("keep_out")),
        extensions=tuple(_extension(part, sources) for part in row.tables("extensions")),
        checks=tuple(_check(part, sources) for part in row.tables("checks")),
        settings=tuple(_setting(part, sources) for part in row.tables("settings")),
        switches=tuple(_switch(part, sources) for part in row.tables("switches")),
        limits=tuple(_limit(part, sources) for part in row.tables("limits")),
        provenance=sources.of(row),
    )
    row.finish()
    return application


def _requirement(row: Table, sources: Sources) -> ApplicationRequirement:
    made = ApplicationRequirement(
        requirement=row.read("requirement", _parse_requirement),
        provenance=sources.of(row),
        is_newest_only=row.flag("newest_only", default=False),
    )
    row.finish()
    return made


def _kept_out(row: Table, sources: Sources) -> KeptOut:
    made = KeptOut(project=row.read("project", _parse_name), provenance=sources.of(row))
    row.finish()
    return made


def _extension(row: Table, sources: Sources) -> ApplicationExtension:
    made = ApplicationExtension(
        package=row.read("package", _parse_name),
        build_from=row.text("build_from"),
        import_check=row.text("import_check"),
        provenance=sources.of(row),
        files=row.optional_number("files"),
    )
    row.finish()
    return made


def _check(row: Table, sources: Sources) -> ApplicationCheck:
    made = ApplicationCheck(
        capability=row.optional_text("capability"),
        imports=row.optional("imports", _parse_name),
        provenance=sources.of(row),
    )
    if (made.capability is None) == (made.imports is None):
        raise row.error("capability", "bad-value", "either capability or imports")
    row.finish()
    return made


def _setting(row: Table, sources: Sources) -> ApplicationSetting:
    made = ApplicationSetting(
        variable=row.read("variable", _parse_variable),
        value=row.text("value"),
        provenance=sources.of(row),
        system=row.optional("system", _parse_system),
    )
    row.finish()
    return made


def _switch(row: Table, sources: Sources) -> ApplicationSwitch:
    made = ApplicationSwitch(
        name=row.read("name", _parse_name),
        needs=tuple(text for _, text in row.cells("needs")),
        variable=row.optional("variable", _parse_variable),
        on=row.optional_text("on"),
        off=row.optional_text("off"),
        provenance=sources.of(row),
    )
    if len({made.variable is None, made.on is None, made.off is None}) > 1:
        raise row.error("variable", "bad-value", "variable, on and off go together")
    row.finish()
    return made


def _limit(row: Table, sources: Sources) -> ApplicationLimit:
    minimum, maximum = row.optional("gpus", _parse_gpus) or (None, None)
    made = ApplicationLimit(
        minimum=minimum,
        maximum=maximum,
        code=row.read("code", _parse_name),
        provenance=sources.of(row),
        excludes=row.flag("excludes", default=False),
    )
    row.finish()
    return made


def _parse_gpus(text: str) -> tuple[ComputeCapability | None, ComputeCapability | None]:
    """Read `12.0..`, `..6.1` or `8.0..8.9`, both ends included; `ValueError` for anything else."""
    oldest, dots, newest = text.partition("..")
    if not dots or not (oldest or newest):
        raise ValueError(text)
    return (
        ComputeCapability.parse(oldest) if oldest else None,
        ComputeCapability.parse(newest) if newest else None,
    )


def _parse_requirement(text: str) -> Requirement:
    """Read a requirement; `ValueError` for anything else."""
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise ValueError(text) from error


def _parse_name(text: str) -> str:
    """Read a name in its canonical spelling; `ValueError` for any other."""
    if canonicalize_name(text) != text:
        raise ValueError(text)
    return text


def _parse_system(text: str) -> Literal["linux", "windows", "macos"]:
    match text:
        case "linux" | "windows" | "macos":
            return text
        case _:
            raise ValueError(text)


def _parse_variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise ValueError(text)
    return text
