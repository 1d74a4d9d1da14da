"""Keeps what a verification found with the environment, for `gpuenv run` and for people, and reads it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gpuenv.install.state import state_of
from gpuenv.models.notice import Notice
from gpuenv.models.request import GPU_FAMILY

if TYPE_CHECKING:
    from gpuenv.models.environment import Environment
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.verification import VerificationReport

_NAME: Final = "verification.json"


def keep_profile(
    environment: Environment, report: VerificationReport, surroundings: Surroundings
) -> tuple[Notice, ...]:
    """Write the capability profile beside the environment's other records; an environment may be read-only."""
    path = state_of(environment.root) / _NAME
    record = {
        "schema": 1,
        "date": surroundings.now.isoformat(timespec="seconds"),
        "device": report.device,
        "packages": _packages(environment),
        "facts": dict(report.facts),
        "profile": dict(report.profile),
        "workarounds": {str(way.context["capability"]): way.code for way in report.workarounds},
        "causes": [cause.cause.code for cause in report.causes],
    }
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        return (Notice.of("profile-not-kept", path=str(path), detail=str(error)),)
    return ()


def kept_states(environment: Environment) -> dict[str, str] | None:
    """Read the capabilities and how they stood; None where nothing was kept, or was of other packages."""
    try:
        record = json.loads((state_of(environment.root) / _NAME).read_text(encoding="utf-8"))
        packages = record.get("packages")
        if packages is not None and packages != _packages(environment):
            return None  # whoever changed them, it proves nothing of what is there now
        return dict(record["profile"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _packages(environment: Environment) -> dict[str, str]:
    found = ((name, environment.installed(name)) for name in (*GPU_FAMILY, "onnxruntime"))
    return {name: str(one.version) for name, one in found if one is not None}
