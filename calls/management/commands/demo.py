"""`make demo`: the whole thing on one machine, with a simulated Twilio and made-up traffic; Ctrl-C ends all of it."""

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from calls.management.assistant import Assistant

ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
LENT = "settings.json"
NO_PROXY = {"NO_PROXY": f"{HOST},localhost", "no_proxy": f"{HOST},localhost"}
SECONDS_TO_START = 40
SECONDS_TO_STOP = 5
# Who calls, who is rung and what else goes on, as the simulator reads it.
SCENARIO = ROOT / "calls" / "management" / "demo.toml"
# Whom one can count on, at the places that calls may be sent to; everybody else is as the scenario says.
MANNERS = {"Front desk": "answers", "Busy line": "busy", "Night porter": "no-answer"}

here = build_opener(ProxyHandler({}))


class Stop(Exception):
    """The demo is over; the text says why in one sentence, if anybody has to be told."""


class Command(BaseCommand):
    help = "Runs the desk and a simulated Twilio with made-up traffic on this machine. Nothing of yours is touched."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the desk is (8000)")
        parser.add_argument("--simulator-port", type=int, default=9110, help="where the simulated Twilio is (9110)")
        parser.add_argument(
            "--scenario", default=str(SCENARIO), help="what goes on: a name or a .toml file (docs/scenarios.md)"
        )

    def handle(self, *, port: int, simulator_port: int, scenario: str, **options: Any) -> None:
        for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(caught, stop)
        demo = Demo(port=port, simulator_port=simulator_port)
        why = ""
        try:
            demo.start()
            demo.show()
            demo.play(scenario)
            demo.watch()
        except Stop as stopped:
            why = str(stopped)
        # From here on only the end of the children counts.
        for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(caught, signal.SIG_IGN)
        demo.stop()
        if why:
            print(why, file=sys.stderr)
            sys.exit(1)
        print("Stopped.")


class Demo:
    """Two programs and what they need, and an AI agent that callers talk with, a thread of ours. One folder a port, so
    that two demos do not meet."""

    def __init__(self, *, port: int, simulator_port: int) -> None:
        self.port, self.simulator_port = port, simulator_port
        self.desk, self.twilio = f"http://{HOST}:{port}", f"http://{HOST}:{simulator_port}"
        self.folder = ROOT / "var" / f"demo-{port}"
        self.account, self.token = "AC" + secrets.token_hex(16), secrets.token_hex(16)
        self.environment = os.environ | self.settings() | NO_PROXY | {"PYTHONUNBUFFERED": "1"}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.parent = os.getppid()

    def settings(self) -> dict[str, str]:
        """Every setting of `.env.example`, so that nothing of a `.env` or of the shell finds its way in."""
        return {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DEBUG": "off",
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "PUBLIC_URL": self.desk,
            "DESK_ORIGINS": f"{self.desk},http://localhost:{self.port}",
            "DATABASE_URL": f"sqlite:///{self.folder / 'livedesk.sqlite3'}",
            "REDIS_URL": "",
            "TWILIO_ACCOUNT_SID": self.account,
            "TWILIO_AUTH_TOKEN": self.token,
            "TWILIO_WEBHOOK_KEYS": "",
            "TWILIO_API_KEY": "",
            "TWILIO_API_SECRET": "",
            "TWILIO_API_URL": self.twilio,
            "TWILIO_EDGE": "",
            "TWILIO_REGION": "",
            "TWILIO_CALLS_PER_SECOND": "1",
            "DESK_SOCKETS_PER_USER": "8",
            "DESK_SOCKETS_PER_PROCESS": "1000",
            "DIAL_COUNTRIES": "US",
            "CANCEL_SECONDS": "3",
            "ALARM_HOSTS": "",
            "MAIL_FROM": "livedesk@localhost",
            "EMAIL_URL": "consolemail://",
        }

    def start(self) -> None:
        must_be_free(self.port, "PORT")
        must_be_free(self.simulator_port, "SIMULATOR_PORT")
        # Its calls are known to a simulator that is gone: an old floor would show them for ever.
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        print("Preparing the database …", flush=True)
        self.manage("migrate", "--verbosity", "0")
        self.assistant = Assistant(HOST)
        seeded = self.manage("seed_demo", "--json", "--assistant", self.assistant.url)
        self.seed: dict[str, Any] = json.loads(seeded)
        self.lend()
        config = self.folder / "simulator.json"
        config.write_text(json.dumps(self.simulator_config(), indent=1))
        self.spawn("simulator", "simulator", "--config", str(config))
        self.wait_for(f"{self.twilio}/sim/health")
        self.serve()

    def serve(self) -> None:
        self.spawn("desk", "uvicorn", "callcenter.asgi:application", "--host", HOST, "--port", str(self.port),
                   "--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "65536",
                   "--lifespan", "on", "--timeout-graceful-shutdown", "2", "--no-access-log")  # fmt: skip
        self.wait_for(f"{self.desk}/healthz/")

    def lend(self) -> None:
        """For other commands in another terminal (`borrowed`), until we stop."""
        lent = self.folder / LENT
        lent.touch(mode=0o600)
        lent.write_text(json.dumps(self.settings()))

    def simulator_config(self) -> dict[str, Any]:
        numbers = [
            {
                "phone_number": line["address"],
                "friendly_name": line["name"],
                "voice_url": f"{self.desk}/twilio/voice/#rc=3&rp=ct,rt,5xx",
                "status_callback": f"{self.desk}/twilio/status/#rc=3&rp=ct,rt,5xx",
            }
            for line in self.seed["lines"]
        ]
        return {
            "host": HOST,
            "port": self.simulator_port,
            "seed": secrets.token_hex(4),
            "account_sid": self.account,
            "auth_token": self.token,
            "numbers": numbers,
            "behaviour": [
                {"who": place["address"], "answer": MANNERS[place["name"]]}
                for place in self.seed["destinations"]
                if place["name"] in MANNERS
            ],
        }

    def manage(self, *arguments: str) -> str:
        """Runs a management command with the demo's settings and gives back what it printed."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(  # noqa: S603 - our own program
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, process_group=0
        )
        if done.returncode:
            raise Stop(f"manage.py {arguments[0]} failed: {last_line(done.stderr)}")
        return done.stdout

    def spawn(self, name: str, module: str, *arguments: str) -> None:
        """In a process group of its own: Ctrl-C reaches us alone, and what the child starts ends with it."""
        with self.log(name).open("wb") as log:
            self.children[name] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=end_with_parent,
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def wait_for(self, url: str) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            self.all_must_live()
            with contextlib.suppress(OSError), here.open(url, timeout=2):
                return
            time.sleep(0.1)
        raise Stop(f"{url} did not answer within {SECONDS_TO_START} s; see the logs in {self.folder}.")

    def show(self) -> None:
        table = Table("sign in as", "password", "who", box=None, pad_edge=False, header_style="dim")
        for person in self.seed["sign_ins"]:
            table.add_row(person["username"], person["password"], person["who"])
        console = Console(highlight=False)
        console.print(f"\nThe desk:  [bold]{self.desk}/[/bold]\n")
        console.print(table)
        console.print(f"\nThe simulated Twilio, where you can be caller and agent: {self.twilio}/")
        console.print('A drill, in another terminal:  make drill NAME="distressed caller"')
        console.print(f"Logs are in {self.folder.relative_to(ROOT)}/")
        console.print("Ctrl-C stops everything.\n")
        sys.stdout.flush()

    def play(self, scenario: str) -> None:
        """Only now: a desk that is not up yet would miss those who call at once. Should the simulator be gone, `watch`
        says so."""
        post(f"{self.twilio}/sim/scenario", {"name": scenario, "places": {"application": self.desk}})

    def watch(self) -> None:
        while os.getppid() == self.parent:
            self.all_must_live()
            time.sleep(0.3)
        raise Stop

    def all_must_live(self) -> None:
        for name, child in self.children.items():
            if (code := child.poll()) is not None:
                end = last_line(self.log(name).read_text(errors="replace"))
                raise Stop(f"The {name} stopped by itself (exit code {code}): {end} (see {self.log(name)})")

    def stop(self) -> None:
        (self.folder / LENT).unlink(missing_ok=True)
        for child in self.children.values():
            send(child, signal.SIGTERM)
        deadline = time.monotonic() + SECONDS_TO_STOP
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0, deadline - time.monotonic()))
            send(child, signal.SIGKILL)
            child.wait()


def borrowed() -> dict[str, str]:
    """The settings of the demo that runs, of several the youngest; none if none does."""
    lent = sorted(ROOT.glob(f"var/demo-*/{LENT}"), key=lambda path: path.stat().st_mtime)
    return dict(json.loads(lent[-1].read_text())) if lent else {}


def stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def send(child: subprocess.Popen[bytes], number: int) -> None:
    """To the child's whole group, which may outlive it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def end_with_parent() -> None:
    """Linux ends the child when we are killed without a chance to say so. Elsewhere only an orderly end is."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def must_be_free(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise Stop(
                f"Port {port} cannot be used ({error.args[-1]}); choose another: make demo {name}={port + 100}"
            ) from None


def post(url: str, body: dict[str, Any]) -> None:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 - loopback
    try:
        here.open(request, timeout=10).close()
    except HTTPError as refused:
        raise Stop(f"The simulator did not do as asked at {url}: {refused.read().decode(errors='replace')}") from None
    except OSError:
        return


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
