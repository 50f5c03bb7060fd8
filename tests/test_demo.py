"""`make demo`, as somebody who has just cloned it sees it: started for real, looked at, and gone without a trace."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import psutil
import pytest
import requests

from calls.management.commands.seed_demo import ASSISTANT, LINES, QUEUES
from tests.guards import patience
from tests.services import free_port

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent


class RunningDemo:
    def __init__(self) -> None:
        self.port, self.simulator_port = free_port(), free_port()
        command = [
            sys.executable,
            "manage.py",
            "demo",
            f"--port={self.port}",
            f"--simulator-port={self.simulator_port}",
        ]
        self.nothing_set = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self.process = psutil.Popen(command, cwd=ROOT, env=self.nothing_set, start_new_session=True, **streams)
        self.address = f"http://127.0.0.1:{self.port}"

    def said(self, what: str) -> str:
        """All that it printed, up to and including a line with these words."""
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if what in line:
                break
        return "".join(lines)

    def wait(self, seconds: float) -> int:
        return self.process.wait(patience(seconds))


@pytest.fixture
def demo() -> Iterator[RunningDemo]:
    demo = RunningDemo()
    yield demo
    for process in [*demo.process.children(recursive=True), demo.process] if demo.process.is_running() else []:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    shutil.rmtree(ROOT / "var" / f"demo-{demo.port}", ignore_errors=True)


def sign_in(address: str, username: str, password: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{address}/sign-in/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text).group(1)
    words = {"username": username, "password": password, "csrfmiddlewaretoken": token}
    entered = session.post(f"{address}/sign-in/", words, headers={"Referer": f"{address}/sign-in/"})
    assert entered.url == f"{address}/"
    return session


def test_calls_are_on_the_desk_within_ten_seconds_and_ctrl_c_leaves_nothing(demo):
    said = demo.said("Ctrl-C stops everything")
    shown = time.monotonic()
    assert f"{demo.address}/" in said
    passwords = dict(re.findall(r"^(alice|ben|wes) +(\S+)", said, re.MULTILINE))
    assert set(passwords) == {"alice", "ben", "wes"}

    desk = sign_in(demo.address, "alice", passwords["alice"])
    while not (board := desk.get(f"{demo.address}/desk/board/").json())["calls"]:
        assert time.monotonic() - shown < 10, "no call on the desk"
        time.sleep(0.2)
    names = {name for _, name, _ in LINES} | {name for _, _, name, _, _ in QUEUES} | {ASSISTANT[1]}
    assert board["calls"][0]["line"] in names

    # Another command, in another terminal where nothing is set, finds its way.
    drill = [sys.executable, "manage.py", "drill", "fire alarm"]
    asked = subprocess.run(drill, cwd=ROOT, env=demo.nothing_set, capture_output=True, text=True, timeout=patience(30))
    assert "There is no drill 'fire alarm'" in asked.stderr

    family = [demo.process, *demo.process.children(recursive=True)]
    assert len(family) == 3
    demo.process.send_signal(signal.SIGINT)
    assert demo.wait(8) == 0
    assert [process for process in family if process.is_running()] == []
    log = (ROOT / "var" / f"demo-{demo.port}" / "desk.log").read_text()
    assert "Traceback" not in log, log
    assert not (ROOT / "var" / f"demo-{demo.port}" / "settings.json").exists()


def test_within_a_minute_the_floor_is_full_and_stays_so(demo):
    """Thirty to forty calls, of every kind that the scenario has; with a little air for chance."""
    said = demo.said("Ctrl-C stops everything")
    desk = sign_in(demo.address, "alice", re.search(r"^alice +(\S+)", said, re.MULTILINE).group(1))
    kinds = set()
    eventually(lambda: all_there(desk, demo, kinds))
    for _ in range(5):
        time.sleep(1)
        assert 24 <= len(calls_of(desk, demo)) <= 48


def calls_of(desk: requests.Session, demo: RunningDemo) -> list[dict]:
    return desk.get(f"{demo.address}/desk/board/").json()["calls"]


def all_there(desk: requests.Session, demo: RunningDemo, kinds: set[str]) -> None:
    calls = calls_of(desk, demo)
    kinds |= {call.get("status", "talking") for call in calls}
    kinds |= {f"{call['line']}: {call.get('status')}" for call in calls if call["line"] == ASSISTANT[1]}
    assert len(calls) >= 30 and {"ringing", "in-menu", "talking", "with-bot", "Assistant: with-bot"} <= kinds


def test_alice_sends_a_caller_to_the_front_desk_and_one_to_the_busy_line(demo):
    """The directory of the demo leads to people one can count on, whatever chance makes of the others."""
    said = demo.said("Ctrl-C stops everything")
    desk = sign_in(demo.address, "alice", re.search(r"^alice +(\S+)", said, re.MULTILINE).group(1))
    told = {"Accept": "application/json", "X-CSRFToken": desk.cookies["csrftoken"], "Referer": demo.address}
    desk.headers.update(told)
    eventually(lambda: sends(desk, demo, "Front desk", ("confirmed", "")))
    eventually(lambda: sends(desk, demo, "Busy line", ("failed", "target_busy")))


def sends(desk: requests.Session, demo: RunningDemo, place: str, expected: tuple[str, str]) -> None:
    """The youngest talk goes there. (A caller may hang up meanwhile: then the next one is sent.)"""
    board = desk.get(f"{demo.address}/desk/board/").json()["calls"]
    call = next(
        one["id"] for one in reversed(board) if one.get("status", "talking") == "talking" and "actions" not in one
    )
    where = desk.get(f"{demo.address}/calls/{call}/transfer/").json()["destinations"]
    wish = {"key": str(uuid4()), "destination": next(one["id"] for one in where if one["name"] == place)}
    assert desk.post(f"{demo.address}/calls/{call}/transfer/", wish).status_code == 202
    assert eventually(lambda: outcome(desk, demo, call)) == expected


def outcome(desk: requests.Session, demo: RunningDemo, call: str) -> tuple[str, str]:
    """Of the one wish on this call, when it is known."""
    (action,) = desk.get(f"{demo.address}/calls/{call}/").json()["call"]["actions"]
    assert action["settled_at"]
    return action["state"], action["code"]


def eventually(look: Callable[[], T]) -> T:
    """What it says as soon as it says something; the traffic is by chance, so it may take a while."""
    deadline = time.monotonic() + patience(60)
    while True:
        try:
            return look()
        except (StopIteration, AssertionError):
            assert time.monotonic() < deadline
            time.sleep(0.3)


@pytest.mark.parametrize("which", ["uvicorn", "simulator"])
def test_when_one_program_dies_the_demo_says_which_and_stops(demo, which):
    demo.said("Ctrl-C stops everything")
    family = demo.process.children(recursive=True)
    next(child for child in family if which in child.cmdline()).kill()
    assert demo.wait(8) == 1
    name = {"uvicorn": "desk", "simulator": "simulator"}[which]
    assert re.fullmatch(rf"\s*The {name} stopped by itself \(exit code -9\): .+\n", demo.process.stdout.read())
    assert [child for child in family if child.is_running()] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_killed_without_a_warning_it_takes_its_programs_along(demo):
    demo.said("Ctrl-C stops everything")
    family = demo.process.children(recursive=True)
    demo.process.kill()
    _, alive = psutil.wait_procs(family, timeout=patience(8))
    assert alive == []


@pytest.mark.parametrize("name", ["PORT", "SIMULATOR_PORT"])
def test_a_taken_port_is_one_sentence(name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"PORT": free_port(), "SIMULATOR_PORT": free_port(), name: port}
        command = [sys.executable, "manage.py", "demo", "--port", str(ports["PORT"])]
        command += ["--simulator-port", str(ports["SIMULATOR_PORT"])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Port {port} cannot be used (Address already in use); choose another: make demo {name}={port + 100}\n"
    )
