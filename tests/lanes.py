"""`make test`: lane after lane, then what came of each. `python tests/lanes.py a c` runs only those."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import chromium  # noqa: E402

WORKERS = os.environ.get("WORKERS", "2")
LANES = {
    "a": ("SQLite, no browser", ["-n", WORKERS, "--dist", "loadgroup"]),
    "b": ("PostgreSQL and Valkey", []),
    "c": ("Chromium", ["-n", WORKERS]),  # each with a house and a browser of its own; both mostly wait
}
REQUIRED = bool(os.environ.get("LANES_REQUIRED"))
STORES = "DATABASE_URL=postgres://… REDIS_URL=redis://… make test"
NO_TESTS, NO_STORES = 5, 4  # pytest's exit codes; 4 is a usage error


@dataclass
class Result:
    lane: str
    about: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    ok: bool = True
    reasons: dict[str, int] = field(default_factory=dict)

    def line(self) -> str:
        return f"  {self.lane}  {self.about:<24}{self.passed:>7}{self.failed:>8}{self.skipped:>9}{self.seconds:>8.0f} s"


def main(lanes: list[str]) -> int:
    results = [run(lane) for lane in lanes or LANES]
    print(f"\n  lane{'':<23}passed  failed  skipped      time")
    for result in results:
        print(result.line())
        for reason, times in result.reasons.items():
            print(f"       {f'{times} × ' if times else ''}{reason}")
    passed, failed, skipped = (sum(getattr(r, what) for r in results) for what in ("passed", "failed", "skipped"))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if all(result.ok for result in results) else 1


def run(lane: str) -> Result:
    about, options = LANES[lane]
    result = Result(lane, about)
    print(f"\n── lane {lane}: {about} {'─' * (60 - len(about))}", flush=True)
    if lane == "c" and not (chromium.path() or install_chromium()):
        return cannot_run(result, f"no Chromium on this machine; lane C needs: {chromium.ENABLE}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = call(pytest(lane, *options, "--durations=5", "--durations-min=10", f"--junitxml={report}"))
        if report.exists():
            read(report, result)
    result.seconds = time.monotonic() - started
    if lane == "b" and code == NO_STORES:
        return cannot_run(result, f"no PostgreSQL or Valkey, see above; lane B needs: {STORES}")
    result.ok = code == 0 or (code == NO_TESTS and not REQUIRED)
    if code == NO_TESTS:
        result.reasons["no tests"] = 0
    elif code and not result.failed:
        result.failed = 1
        result.reasons[f"pytest stopped with exit code {code}"] = 1
    return result


def call(command: list[str]) -> int:
    """Told to stop, it waits for pytest to do so, which ends the servers that it has started."""
    process = subprocess.Popen(command, cwd=ROOT)
    told: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: told.append(number))  # the terminal has told pytest as well
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number) or process.terminate())
    code = process.wait()
    if told:
        sys.exit(130)
    return code


def cannot_run(result: Result, reason: str) -> Result:
    """Skipped loudly; failed where every lane has to run."""
    missed = count(result.lane)
    result.reasons[reason] = missed
    result.skipped, result.failed, result.ok = (0, missed, False) if REQUIRED else (missed, 0, True)
    return result


def pytest(lane: str, *options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "--lane", lane, *options]


def read(report: Path, result: Result) -> None:
    for case in ElementTree.parse(report).iter("testcase"):
        verdicts = {child.tag for child in case}
        if verdicts & {"failure", "error"}:
            result.failed += 1
        elif "skipped" in verdicts:
            result.skipped += 1
            reason = case.find("skipped").get("message", "")
            result.reasons[reason] = result.reasons.get(reason, 0) + 1
        else:
            result.passed += 1


def count(lane: str) -> int:
    """How many tests a lane that cannot run would have had."""
    # Nothing connects while tests are collected, so any address will do.
    environment = {"DATABASE_URL": "postgres://127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1/0"} | os.environ
    command = pytest(lane, "--collect-only", "-q")
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return sum("::" in line for line in found.stdout.splitlines())


def install_chromium() -> str | None:
    """From the system's own packages, where we may: as root, with apt."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print(f"No Chromium here; installing it: {chromium.ENABLE}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update", chromium.ENABLE):
        done = subprocess.run(
            command.split(), env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            print(f"{command} failed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}", flush=True)
    return chromium.path()


if __name__ == "__main__":
    sys.exit(main([lane.lower() for lane in sys.argv[1:]]))
