"""Stores, servers and clients of the bench, each a process of its own, ended with the block that began it."""

import contextlib
import json
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from tests import services
from tests.bench.traffic import PUBLIC_URL, TOKEN

ROOT = services.ROOT
SERVE = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "65536", "--no-access-log"]
APPLICATIONS = {
    "ours": "tests.live.unhealed:application",  # there is no Twilio here whose list its calls could be compared with
    "naive": "tests.bench.naive:application",
    "bare": "tests.bench.bare:application",
    "our fan-out": "tests.bench.fanout:application",
    "naive fan-out": "tests.bench.fanout:application",
}


class Stage:
    """Where it all plays: one PostgreSQL, one Valkey, a folder for SQLite, and databases by name."""

    def __init__(self) -> None:
        self.folder = Path(services.folder("bench"))
        self.made: dict[tuple[str, str], dict[str, Any]] = {}

    def __enter__(self) -> Self:
        self.url = services.start_postgres().removesuffix("postgres")
        self.socket = self.url.partition("@")[2].rstrip("/")
        self.redis = services.start_valkey()
        return self

    def __exit__(self, *failed: object) -> None:
        services.running.close()

    def database(self, kind: str, store: str, name: str = "") -> dict[str, Any]:
        """Environment and sessions of a database that is ready for `kind`, made at the first time of asking."""
        known = (kind, f"{store}{name}")
        if known not in self.made:
            environment = {**services.SETTINGS, "PATH": os.environ["PATH"], "PUBLIC_URL": PUBLIC_URL}
            environment |= {
                "TWILIO_AUTH_TOKEN": TOKEN,
                "DESK_SOCKETS_PER_USER": "100",
                "DESK_SOCKETS_PER_PROCESS": "2000",
            }
            if kind == "ours":
                environment |= {"DJANGO_SETTINGS_MODULE": "callcenter.settings"}
            if store == "sqlite":
                environment |= {"DATABASE_URL": f"sqlite:///{self.folder}/{kind}{name}.sqlite3"}
            else:
                database = f"{kind}{name}"
                with self.connect("postgres") as admin:
                    admin.execute(f"CREATE DATABASE {database}")
                url = f"host={self.socket} user=postgres dbname={database}" if kind == "bare" else self.url + database
                environment |= {"DATABASE_URL": url, "REDIS_URL": self.redis}
            made = self.run("tests.bench.floor", kind, name, environment=environment)
            self.made[known] = {"environment": environment, "sessions": json.loads(made.splitlines()[-1])}
        return self.made[known]

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=self.socket, user="postgres", dbname=database, autocommit=True)

    def run(self, module: str, *arguments: str, environment: dict[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{module} failed:\n{done.stderr[-3_000:]}")
        return done.stdout

    @contextlib.contextmanager
    def server(self, kind: str, store: str, name: str = "", **overrides: str) -> Iterator["Server"]:
        known = self.database("ours" if kind.startswith("our") else kind.partition(" ")[0], store, name)
        server = Server(APPLICATIONS[kind], {**known["environment"], **overrides}, known["sessions"])
        try:
            server.start()
            yield server
        finally:
            server.kill()


class Server:
    def __init__(self, application: str, environment: dict[str, str], sessions: list[str]) -> None:
        self.application, self.sessions = application, sessions
        self.port = free_port()
        # The clients' own origin, and that of a browser.
        self.environment = environment | {"DESK_ORIGINS": f"{PUBLIC_URL},http://127.0.0.1:{self.port}"}
        self.log = Path(tempfile.mkstemp(dir=services.folder("log"))[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", self.application, "--port", str(self.port), *SERVE]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--log-level", "warning"], env=self.environment, cwd=ROOT, stdout=log, stderr=log
            )
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"{self.application} did not start:\n{self.said()}")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-3_000:]

    @property
    def cpu(self) -> float:
        """Seconds of the processor that it has used so far."""
        assert self.process is not None
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system


class Client:
    """A process that prepares itself, says `ready`, goes when told and leaves its findings in a file."""

    def __init__(self, module: str, **order: Any) -> None:
        self.out = tempfile.mkstemp(dir=services.folder("client"))[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps({**order, "out": self.out})],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout and self.process.stdin
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{module} did not get ready")

    def go(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def found(self) -> Any:
        if self.process.stdin:
            self.process.stdin.close()
        if self.process.wait():
            raise RuntimeError("a client of the bench failed")
        with open(self.out, "rb") as file:
            return pickle.load(file)  # noqa: S301  our own


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
