"""`make check`: every check, also after one has failed, with the tests' settings (mypy's Django plugin loads them)."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.services import SETTINGS  # noqa: E402

# It has no __main__, and its script names the folder that it was installed in, which may have moved.
LAYERS = "import sys; from importlinter.cli import lint_imports_command as run; sys.argv[1:] = ['--no-logo']; run()"
CHECKS = {
    "lint": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types": ["-m", "mypy"],
    "layers": ["-c", LAYERS],
}


def main() -> int:
    failed = []
    for name, check in CHECKS.items():
        print(f"── {name} {'─' * (60 - len(name))}", flush=True)
        if subprocess.call([sys.executable, *check], cwd=ROOT, env={**os.environ, **SETTINGS}):
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nlint, format, types and layers are clean")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
