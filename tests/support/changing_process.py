"""A process that changes an environment as `gpuenv install` does: torch 2.0+cu126 and dep 2.0 from an index.

python changing_process.py ENVIRONMENT INDEX_URL PYTORCH_URL [ENGINE]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from packaging.version import Version

from gpuenv.errors import ChangeInterruptedError
from gpuenv.install.change import change
from gpuenv.install.executor import execute
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Plan
from gpuenv.models.resolution import Pin
from gpuenv.models.settings import IndexSettings
from support.small_environments import read_small

if TYPE_CHECKING:
    from gpuenv.models.execution import EngineName

WHY = Notice.of("chosen")


def main(root: Path, index_url: str, pytorch_url: str, engine: EngineName = "uv") -> int:
    """Run the plan; 1 after a failed step, as the command would."""
    version = Version("2.0+cu126")
    source = Source(kind=SourceKind.PYTORCH, location=pytorch_url)
    pin = Pin(project="torch", version=version, tag="cu126", source=source, evidence=Evidence.BINARY)
    plan = Plan(
        steps=(
            Install(project="torch", version=version, reason=WHY, pin=pin, is_family=True),
            Install(project="dep", version=Version("2.0"), reason=WHY),
        )
    )
    with change(root) as ongoing:
        record = execute(
            plan,
            ongoing=ongoing,
            environment=read_small(root),
            settings=IndexSettings(index_url=index_url),
            environ=os.environ,
            read=lambda: read_small(root),
            engine=engine,
        )
        if record.status == "done":
            ongoing.commit()
    return 0 if record.status == "done" else 1


if __name__ == "__main__":
    try:
        root, index_url, pytorch_url, engine = [*sys.argv[1:], "uv"][:4]
        sys.exit(main(Path(root), index_url, pytorch_url, cast("EngineName", engine)))
    except ChangeInterruptedError as error:
        sys.exit(error.exit_code)
