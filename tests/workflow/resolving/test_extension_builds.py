"""Which extensions of applications a plan builds, which are asked for as wheels first, and what is said otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.matrix.applications import load_applications
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Build
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Resolution
from gpuenv.models.surroundings import Surroundings
from gpuenv.project.requirement_files import RequirementLine
from gpuenv.resolve.resolver import resolve
from gpuenv.workflow.options import Options
from gpuenv.workflow.resolving.applications import Applied, apply_applications
from gpuenv.workflow.resolving.extension_builds import (
    build_notes,
    wanted_builds,
    wheels_first,
    without_left_out,
    without_rebuilt,
)
from gpuenv.workflow.resolving.request import make_request
from support.machines import PYTORCH, target

KNOWN = load_applications(None, cwd=Path("/"))
MATRIX = load_matrix(None, cwd=Path("/"))
HERE = Surroundings(environ={}, cwd=Path("/"), home=Path("/"), now=datetime(2026, 11, 21, tzinfo=timezone.utc))


def environment(**versions: str) -> Environment:
    machine = target("8.6", driver="580.95.05")
    return Environment(
        root=Path("/env"),
        kind="venv",
        python=Path("/env/bin/python"),
        python_version=machine.python,
        platform=machine.platform,
        site_packages=Path("/env/lib"),
        distributions=tuple(
            InstalledDistribution(
                name=canonicalize_name(name),
                version=Version(version),
                location=Path(f"/env/lib/{name}.dist-info"),
                build_tag=version.partition("+")[2] or None,
            )
            for name, version in versions.items()
        ),
    )


def resolve_for(asked: str, there: Environment | None = None, capability: str = "8.6") -> Resolution:
    machine = target(capability, driver="580.95.05")
    found = application(asked)
    request = make_request(
        found.lines, Options(), machine, there, policy=IndexPolicy.PYTORCH, sources=(PYTORCH,)
    ).request
    outcome = resolve(request, machine, MATRIX, environment=there)
    assert isinstance(outcome, Resolution)
    return outcome


def application(asked: str) -> Applied:
    return apply_applications([RequirementLine(text=asked, file="command line", line=1, kind="application")], KNOWN)


def builds(asked: str, there: Environment | None, capability: str = "8.6") -> tuple[Build, ...]:
    machine = target(capability, driver="580.95.05")
    outcome = resolve_for(asked, there, capability)
    return wanted_builds(application(asked).applications, there, outcome, machine, HERE)


def test_extensions_are_built_unless_they_are_there_and_torch_stays() -> None:
    def why(there: Environment | None) -> list[str]:
        return [build.reason.code for build in builds("app:mmcv-bev", there)]

    assert why(None) == ["no-wheel-serves"]
    assert why(environment(torch="2.13.0+cu130")) == ["no-wheel-serves"]
    assert why(environment(torch="2.14.0+cu130", mmcv="2.2.0")) == ["bound-to-other-torch"]
    assert why(environment(torch="2.13.0+cu130", mmcv="2.2.0")) == []


def test_a_build_says_what_is_compiled_against_what_and_for_what() -> None:
    (build,) = builds("app:mmcv-bev", environment(torch="2.14.0+cu130", mmcv="2.1.0"), "12.0")
    assert build == Build(
        project="mmcv",
        source="mmcv==2.2.0",
        application="mmcv-bev",
        import_check="from mmcv.ops import nms",
        torch="2.13.0+cu130",
        torch_tag="cu130",
        architectures=("12.0",),
        reason=Notice.of("bound-to-other-torch", application="mmcv-bev", torch="2.13.0+cu130"),
        replaces=Version("2.1.0"),
        files=136,
    )


def test_only_what_the_matrix_knows_pages_of_wheels_of_is_asked_for_as_a_wheel() -> None:
    asked = [one for one in KNOWN if one.name in {"mmcv-bev", "gaussian-splatting"}]
    found = wheels_first(asked, MATRIX.extensions, is_cpu=False)
    assert [(line.text, line.file) for line in found] == [("mmcv==2.2.0", "app:mmcv-bev")]
    assert wheels_first(asked, MATRIX.extensions, is_cpu=True) == ()


def test_where_nothing_is_built_the_command_is_named_without_credentials() -> None:
    (build,) = builds("app:mmcv-bev", None)
    (note,) = build_notes([build], described="rtx-3090", venv="env")
    assert note.context["command"] == "gpuenv build mmcv==2.2.0 --target rtx-3090 --venv env"
    others = (Notice.of("limit-mmcv-weights-only"), Notice.of("extension-needs-build", package="flash-attn"))
    kept = without_left_out((note, Notice.of("extension-page-unread", package="mmcv", page="p"), *others), [build])
    assert kept == (Notice.of("extension-compiled-page-unread", package="mmcv", torch=None, page="p"), *others)


def test_what_is_compiled_again_is_not_told_to_be_broken() -> None:
    outcome = resolve_for("app:mmcv-bev")
    found = builds("app:mmcv-bev", None)
    broken = Notice.of("installed-requirements-broken", requirements=("mmcv==2.2.0", "knn==1"))
    (note,) = without_rebuilt(replace(outcome, notes=(broken,)), found).notes
    assert note == Notice.of("installed-requirements-broken", requirements=("knn==1",))
    alone = Notice.of("installed-requirements-broken", requirements=("mmcv==2.2.0",))
    assert without_rebuilt(replace(outcome, notes=(alone,)), found).notes == ()
