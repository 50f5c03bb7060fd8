"""Twilio's REST front, as far as ending a leg needs it: on loopback, told by each test what to answer."""

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest

from calls.twilio import gateway
from tests.conftest import ACCOUNT, FarSide

Answer = tuple[int, Any]


@dataclass
class Rest:
    """`asked`: what arrived, in order. `answers`: for the next requests; after that every leg is still in progress."""

    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[Answer | Callable[..., Answer | None]] = field(default_factory=list)

    def refuses(self, status: int, code: int, message: str) -> None:
        self.answers.append((status, {"code": code, "message": message, "status": status}))

    def says(self, status: str) -> None:
        self.answers.append(lambda sid, form: (200, call_resource(sid, status)))


def call_resource(sid: str, status: str = "in-progress") -> dict[str, Any]:
    return {"sid": sid, "account_sid": ACCOUNT, "status": status, "from": "+14155550177", "to": "+15550100100"}


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    rest: Rest

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        sid = "".join(re.findall(r"/Calls/(\w+)\.json", self.path))
        self.rest.asked.append((sid, form))
        self.rest.paths.append(self.path)
        self.rest.headers.append(dict(self.headers))
        told = self.rest.answers.pop(0) if self.rest.answers else (200, call_resource(sid))
        answer = told(sid, form) if callable(told) else told
        if answer is None:  # the connection breaks
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        status, said = answer
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        pass  # who gave up waiting for us


@pytest.fixture
def rest(settings: Any) -> Iterator[Rest]:
    told = Rest()
    server = Quiet(("127.0.0.1", 0), type("ToldDoor", (Door,), {"rest": told}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.TWILIO_API_URL = f"http://127.0.0.1:{server.server_port}"
    gateway._client.cache_clear()
    gateway.breaker.until = 0.0
    yield told
    gateway._client.cache_clear()
    gateway.breaker.until = 0.0
    server.shutdown()
    server.server_close()


def slowly(seconds: float) -> Callable[..., Answer]:
    def answer(sid: str, form: dict[str, str]) -> Answer:
        time.sleep(seconds)
        return 200, call_resource(sid)

    return answer


def breaks(sid: str, form: dict[str, str]) -> None:
    return None


@pytest.fixture
def wish(client: Any) -> Callable[..., Any]:
    """`wish(ben, dana_call)`: ben presses End, as the page does."""

    def press(by: Any, call: Any, verb: str = "end", **fields: Any) -> Any:
        client.force_login(by)
        form = {"key": str(uuid4()), **fields}
        return client.post(f"/calls/{call.pk}/{verb}/", form, headers={"Accept": "application/json"})

    return press


def hang_up(twilio: FarSide, call: Any) -> None:
    """Every leg is over, and Twilio says so."""
    for leg in call.legs.all():
        assert twilio.status(leg.pk, "completed", 9, CallDuration="30").status_code == 204
