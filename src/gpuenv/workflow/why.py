"""Explains one version of torch or ONNX Runtime on a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.resolution import Conflict
from gpuenv.project.requirement_files import parse_requirement
from gpuenv.resolve.why import why, why_runtime
from gpuenv.workflow.resolving.resolution import resolve_request

if TYPE_CHECKING:
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.resolve.why import Explanation
    from gpuenv.workflow.options import Options


def explain_version(
    text: str, options: Options, surroundings: Surroundings, reporter: Reporter
) -> tuple[Explanation, ...]:
    """Judge every build of torch or onnxruntime-gpu that a requirement admits, on the target of the options.

    Raises `why-needs-torch` for another project, `why-unknown-version` where the matrix has no such build, and the
    code of the conflict where there is no target to judge for.
    """
    requirement = parse_requirement(text)
    project = canonicalize_name(requirement.name)
    explain = {"torch": why, "onnxruntime-gpu": why_runtime}.get(project)
    if explain is None:
        raise UsageError("why-needs-torch", requirement=text)
    resolved = resolve_request(options, surroundings, reporter)
    if resolved.target is None or resolved.request is None:
        reason = resolved.outcome.reason if isinstance(resolved.outcome, Conflict) else None
        raise GpuenvError(reason.code if reason else "no-gpu", **(reason.context if reason else {}))
    explained = explain(
        requirement.specifier,
        resolved.request,
        resolved.target,
        resolved.matrix,
        environment=resolved.environment,
    )
    if not explained:
        raise UsageError("why-unknown-version", requirement=text)
    return explained
