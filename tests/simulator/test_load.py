"""How much the simulator costs: an hour without a socket, and many calls in real time. Figures: make soak.

Whoever only wants to see that it works gets a small run without a figure to keep: other work may share the machine.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from simulator.rehearsal import rehearse
from tests.guards import SOAK

from . import desk
from .conftest import NUMBER

ROOT = Path(__file__).resolve().parents[2]
LINUX = sys.platform == "linux"


def line(url: str, **settings: object) -> dict[str, object]:
    """Callers who talk for three minutes with somebody, one with another."""
    return {
        "numbers": [{"phone_number": NUMBER, "voice_url": f"{url}/voice/", "status_callback": f"{url}/end/"}],
        "habits": {
            "caller_talk_seconds": [120, 240],
            "callee_talks": 0,
            "gives_up": 0,
            "patience_seconds": [150, 210],
            "digits": ["1"],
        },
        **settings,
    }


def test_an_hour_of_two_hundred_calls_at_once_on_the_virtual_clock():
    hours = 1 if SOAK else 1 / 20
    began, computed = time.monotonic(), time.process_time()
    # With its leg to somebody else, a call is two.
    lines = rehearse(
        desk.rehearsed,
        seconds=3600 * hours,
        **line("http://desk.invalid", traffic={"calls_per_minute": 400, "at_most": 420}),
    )
    took, computed = time.monotonic() - began, time.process_time() - computed
    told = [json.loads(one) for one in lines]
    calls = {one["subject"] for one in told if one["purpose"] == "voice"}
    print(f"{hours * 60:g} minutes, {len(calls)} calls, {len(lines)} requests: {took:.1f} s, {computed:.1f} s busy")
    begun, ended = ([one["at"] for one in told if one["purpose"] == what] for what in ("voice", "number-status"))
    half = "2026-01-05T09:30" if SOAK else "2026-01-05T09:01:30"
    assert sum(at < half for at in begun) - sum(at < half for at in ended) >= 200
    if SOAK:
        assert took < 60


@pytest.fixture
def program():
    """Starts a program of ours; ends with the test."""
    running = []

    def start(*arguments: str) -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=10)


def cpu_seconds(process: subprocess.Popen) -> float:
    times = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def fill(url: str, calls: int, *, patience: float) -> Callable[[], int]:
    """Callers come until so many talk, and then one for each that goes; returns who counts them."""

    def talking() -> int:
        return requests.get(f"{url}/sim/health", timeout=10).json()["live"] // 2

    busy = {"calls_per_minute": calls * 2, "at_most": calls * 2}
    requests.post(f"{url}/sim/traffic", json=busy, timeout=10).raise_for_status()
    deadline = time.monotonic() + patience
    while talking() < calls * 0.98:
        assert time.monotonic() < deadline, f"only {talking()} calls after {patience:g} s"
        time.sleep(0.5)
    return talking


@pytest.mark.skipif(not LINUX, reason="reads the processor's time from /proc")
@pytest.mark.parametrize(("calls", "cores"), [(500, 0.5), (2000, 1.0)] if SOAK else [(30, None)])
def test_many_calls_in_real_time_cost_little(program, tmp_path, calls, cores):
    application = program("tests.simulator.desk")
    config = tmp_path / "simulator.json"
    config.write_text(json.dumps(line(f"http://127.0.0.1:{application.stdout.readline().strip()}")))
    simulator = program("simulator", "--port", "0", "--config", str(config), *([] if SOAK else ["--speed", "20"]))
    url = simulator.stdout.readline().split()[3].rstrip(",")
    talking = fill(url, calls, patience=120)
    before, began = cpu_seconds(simulator), time.monotonic()
    time.sleep(60 if SOAK else 2)
    used = (cpu_seconds(simulator) - before) / (time.monotonic() - began)
    print(f"{talking()} calls at once: {used:.2f} of a core")
    outcomes = {one["outcome"] for one in requests.get(f"{url}/sim/webhooks", timeout=30).json()["webhooks"]}
    assert outcomes <= {"delivered", "waiting"}
    if cores:
        assert talking() >= calls * 0.9 and used < cores
