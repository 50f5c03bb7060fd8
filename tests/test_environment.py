"""What `make` says on a machine that lacks something: one sentence, and no traceback."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / ".ci" / "venv"
TOOLS = ("sh", "cat", "cksum", "grep", "tail", "rm", "echo")
OLD = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def machine(tmp_path):
    """A folder with a lock to install, and a PATH of the shell's tools and the Pythons that the test puts there."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS:
        tools.joinpath(tool).symlink_to(shutil.which(tool))
    tmp_path.joinpath("requirements.txt").write_text("django==5.2.19 --hash=sha256:" + "0" * 64 + "\n")

    class Machine:
        def python(self, script: str, name: str = "python3") -> None:
            tools.joinpath(name).write_text(script)
            tools.joinpath(name).chmod(0o755)

        def make(self, **settings: str) -> subprocess.CompletedProcess[str]:
            environment = {"PATH": str(tools), "HOME": str(tmp_path), **settings}
            command = ["sh", str(SCRIPT), ".venv", "requirements.txt"]
            return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)

    return Machine()


def test_without_a_python(machine):
    done = machine.make()
    assert done.returncode == 1
    assert done.stderr.startswith("Livedesk needs Python 3.11 or newer, and no python3 on the PATH is one.")
    assert done.stderr.count("\n") == 1


def test_with_too_old_a_python(machine):
    machine.python(OLD)
    done = machine.make()
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert done.stderr.count("\n") == 1


def test_with_a_python_that_cannot_make_environments(machine):
    machine.python('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    done = machine.make()
    assert done.returncode == 1
    assert done.stderr == (
        "python3 cannot make virtual environments: its venv or ensurepip module is missing "
        "(Debian and Ubuntu: apt install python3-venv).\n"
    )


def test_the_first_python_that_will_do_is_taken(machine):
    machine.python(OLD)
    machine.python(f'#!/bin/sh\nexec {sys.executable} "$@"\n', "python3.12")
    done = machine.make(PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull)
    assert "Installing what requirements.txt lists" in done.stdout


def test_without_a_network(machine):
    machine.python(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    done = machine.make(PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull)
    assert done.returncode == 1
    assert done.stderr.startswith("The packages that requirements.txt lists could not be downloaded: no package index")
    assert done.stderr.count("\n") == 1
