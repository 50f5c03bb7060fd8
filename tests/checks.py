"""`make check`: every check, also after one has failed, with the tests' settings (mypy's Django plugin loads them)."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.services import SETTINGS  # noqa: E402

CHECKS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "layers": ["importlinter.cli", "lint_imports_command"],
}


def command(tool: str, *arguments: str) -> list[str]:
    if tool == "importlinter.cli":  # has no __main__, and its script names the folder it was installed in
        return [
            sys.executable,
            "-c",
            f"import sys; from {tool} import {arguments[0]} as run; sys.argv[1:] = ['--no-logo']; run()",
        ]
    return [sys.executable, "-m", tool, *arguments]


def main() -> int:
    failed = []
    for name, check in CHECKS.items():
        print(f"── {name} {'─' * (60 - len(name))}", flush=True)
        if subprocess.call(command(*check), cwd=ROOT, env={**os.environ, **SETTINGS}):
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nlint, format, types and layers are clean")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
