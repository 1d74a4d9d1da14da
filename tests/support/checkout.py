"""A copy of the scripts in a folder of their own, and a PATH that holds only what a test puts there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "cat", "cksum", "cut", "dirname", "mktemp", "rm", "sed", "sh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A folder with `scripts/` in it, and the only folder on PATH."""

    root: Path
    path: Path

    @classmethod
    def make(cls, folder: Path) -> Checkout:
        """Copy the scripts below a folder whose name has a space, as home folders on some systems have."""
        root = folder / "a checkout"
        shutil.copytree(ROOT / "scripts", root / "scripts")
        shutil.copytree(ROOT / ".ci", root / ".ci")
        (root / "pyproject.toml").write_text("# stands for the project's own\n")
        path = folder / "path"
        path.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            if found is not None:
                (path / name).symlink_to(found)
        return cls(root=root, path=path)

    def program(self, name: str, text: str) -> None:
        """Put a shell script on PATH."""
        write_program(self.path / name, text)

    def python(self, *missing: str) -> None:
        """Put this very Python on PATH as `python3`, without the named modules."""
        hidden = self.path.parent / "hidden"
        hidden.mkdir()
        for module in missing:
            (hidden / f"{module}.py").write_text(f"raise ModuleNotFoundError({module!r})\n")
        interpreter = Path(sys.base_prefix, "bin", "python3")
        self.program("python3", f'PYTHONPATH="{hidden}" exec "{interpreter}" "$@"')

    def run(self, script: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a script of the checkout with nothing but that PATH."""
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "TMP", "UV_"))}
        return subprocess.run(
            ["/bin/sh", self.root / script, *arguments],
            env={**kept, "PATH": str(self.path), "HOME": str(Path.home())},
            cwd=cwd or self.root,
            capture_output=True,
            text=True,
            check=False,
        )


def write_program(file: Path, text: str) -> None:
    """Write an executable shell script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
