"""Twilio's side of the wire: eight clients that sign, post and, as `#rc=3&rp=ct,rt,5xx` asks, come again."""

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.conftest import sign

CLIENTS = 8
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
Statement = tuple[str, dict[str, str]]


@dataclass
class Exchange:
    """Posts to one server or to several in turn; keeps how long each answer took (seconds) and what it was."""

    ports: Sequence[int]
    tries: int = 1
    pause: float = 0.1  # seconds before it comes again
    answers: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    accepted: list[Statement] = field(default_factory=list)
    lost: list[Statement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._mine = threading.local()
        self._turn = itertools.count()

    def post(self, path: str, form: dict[str, str]) -> bytes:
        """The body of the first 2xx; b"" if there was none."""
        headers = {"Content-Type": FORM, "X-Twilio-Signature": sign(path, form)}
        for attempt in range(self.tries):
            time.sleep(self.pause if attempt else 0)
            began = time.monotonic()
            try:
                status, body = self._ask(path, urlencode(form), headers)
            except (OSError, http.client.HTTPException):
                continue
            self.times.append(time.monotonic() - began)
            self.answers.append(status)
            if status < 300:
                self.accepted.append((path, form))
                return body
        self.lost.append((path, form))
        return b""

    def _ask(self, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        port = self.ports[next(self._turn) % len(self.ports)]
        lines = self._mine.__dict__.setdefault("lines", {})
        line = lines.get(port) or lines.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=15))
        try:
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            lines.pop(port).close()
            raise

    def deliver(self, statements: Iterable[Statement]) -> list[bytes]:
        """All of them, by eight clients at once."""
        return self.by_clients(lambda statement: self.post(*statement), statements)

    def by_clients(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        with ThreadPoolExecutor(CLIENTS) as clients:
            return list(clients.map(work, items))

    def percentile(self, share: float) -> float:
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * share))]
