"""The application as it is run: uvicorn in a process of its own, on the rows of the test."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.services import ROOT, SETTINGS, free_port

ORIGIN = SETTINGS["PUBLIC_URL"]
here = build_opener(ProxyHandler({}))


class Server:
    """One process of it. `kill` as kill -9 does, `start` again on the same port; use it in a `with`.

    `heals`: it compares its calls with Twilio's. Most tests have no Twilio that could be asked.
    """

    def __init__(
        self, *, port: int = 0, settings_module: str = "callcenter.settings", heals: bool = False, **overrides: str
    ) -> None:
        self.port = port or free_port()
        self.application = "callcenter.asgi:application" if heals else "tests.live.unhealed:application"
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            **SETTINGS,
            "DATABASE_URL": database_url(),
            "REDIS_URL": os.environ["REDIS_URL"],
            "DJANGO_SETTINGS_MODULE": settings_module,
            **overrides,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log = Path(tempfile.mkstemp(prefix="livedesk-server-", suffix=".log")[1])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *failed: object) -> None:
        self.kill()
        self.log.unlink()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-X",
                    "faulthandler",
                    "-m",
                    "uvicorn",
                    self.application,
                    "--port",
                    str(self.port),
                ]
                + ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "65536"]
                + ["--log-level", "warning", "--timeout-graceful-shutdown", "2"],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 30
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"The server did not start:\n{self.said()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with here.open(f"{self.url}/healthz/", timeout=2) as response:
                return response.status == 200
        except (URLError, OSError):
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """As an operator does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.process = None

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def last_words(self) -> str:
        """What it said, and what all of its threads were doing when it was ended for this."""
        if self.process is not None:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            self.process = None
        return self.said()[-8_000:]

    def tracebacks(self) -> list[str]:
        return [line[-3_000:] for line in self.said().splitlines() if "Traceback" in line]

    @property
    def memory(self) -> int:
        """Bytes that it holds in RAM."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def database_url() -> str:
    """The test's database, for another process."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


def signed_in(user: User) -> str:
    """The key of a session, as a browser's cookie holds it."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
