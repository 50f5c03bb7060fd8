"""The desk's ES modules, under the Node that playwright's wheel carries: no npm, nothing to install."""

import subprocess
from pathlib import Path

import playwright
import pytest

NODE = Path(playwright.__file__).parent / "driver" / "node"
FILES = sorted(Path(__file__).parent.joinpath("js").glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_browsers_modules(file):
    done = subprocess.run([NODE, "--test", file], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
