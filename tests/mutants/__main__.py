"""`make mutants`: each defect of the table in a copy of the tree, one at a time. Exits 1 if one survives.

`python -m tests.mutants lease head` tries those with one of these words in their names.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import MUTANTS
from tests.mutants.mutant import ROOT, Mutant, Stale

SECONDS = 300  # for the tests of one defect
FAILED = 1  # pytest's exit code
RED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)


@dataclass
class Result:
    mutant: Mutant
    noticed_by: str  # "" if nobody did
    seconds: float
    trouble: str = ""

    def line(self) -> str:
        return f"{self.seconds:>5.0f} s  {self.mutant.name}\n{'':9}{self.trouble or self.noticed_by or 'SURVIVED'}"


def main(words: list[str]) -> int:
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant.name for word in words)]
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(1_000_000))
    print(f"{len(chosen)} defects, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="livedesk-mutants-") as folder:
        tree = Path(folder)
        copy_to(tree)
        if not sound(tree, chosen, seed):
            return 1
        results = []
        for mutant in chosen:
            results.append(tried(tree, mutant, seed))
            print(results[-1].line(), flush=True)
    survived = [result.mutant.name for result in results if not result.noticed_by]
    print(f"\n{len(results) - len(survived)} of {len(results)} noticed in {sum(r.seconds for r in results):.0f} s")
    for name in survived:
        print(f"not noticed: {name}")
    return bool(survived)


def copy_to(tree: Path) -> None:
    """What is tracked, as it lies here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def sound(tree: Path, chosen: list[Mutant], seed: str) -> bool:
    """Without a defect all of these tests pass: what fails anyhow notices nothing."""
    began = time.monotonic()
    for lane in sorted({mutant.lane for mutant in chosen}):
        tests = dict.fromkeys(test for mutant in chosen if mutant.lane == lane for test in mutant.tests)
        code, said = pytest(tree, lane, tests, seed, seconds=SECONDS * 4)
        if code:
            print(f"These tests fail without any defect (lane {lane}, exit code {code}):\n{said}")
            return False
    print(f"{time.monotonic() - began:>5.0f} s  without a defect every one of these tests passes", flush=True)
    return True


def tried(tree: Path, mutant: Mutant, seed: str) -> Result:
    began = time.monotonic()
    try:
        patched = mutant.patched(tree)
    except Stale as stale:
        return Result(mutant, "", 0.0, f"DOES NOT FIT: {stale}")
    sound_text = {path: path.read_text() for path in patched}
    for path, text in patched.items():
        path.write_text(text)
    try:
        code, said = pytest(tree, mutant.lane, mutant.tests, seed, "-x", seconds=SECONDS)
    finally:
        for path, text in sound_text.items():
            path.write_text(text)
    red = RED.search(said)
    by = red[1] if red and code == FAILED else "its tests hang" if code is None else ""
    trouble = "" if by or not code else f"NO TEST RAN (exit code {code}): {said.strip().splitlines()[-1:]}"
    return Result(mutant, by, time.monotonic() - began, trouble)


def pytest(
    tree: Path, lane: str, tests: Iterable[str], seed: str, *options: str, seconds: float
) -> tuple[int | None, str]:
    """(exit code, what was said); no code if the time was up."""
    command = [sys.executable, "-m", "pytest", "--lane", lane, "-q", "--tb=line", "-p", "no:cacheprovider"]
    # Two patches of one second and one size are one file for a cache of bytecode.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [*command, "--seed", seed, *options, *tests],
        cwd=tree, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=seconds)
        return process.returncode, said
    except subprocess.TimeoutExpired:
        process.terminate()  # pytest then ends the servers that it has started
        process.communicate()
        return None, ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
