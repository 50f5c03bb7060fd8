"""An application for the simulator to call: it answers with canned TwiML and remembers what it was asked."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TWIML = "text/xml"


@dataclass(frozen=True)
class Asked:
    """One request: `params` are the form's fields, or for GET the query's."""

    method: str
    path: str
    query: str
    params: dict[str, str]
    headers: dict[str, str]
    at: float
    body: str = ""

    def __getitem__(self, name: str) -> str:
        return self.params[name]


@dataclass
class Reply:
    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    promised: int = 0  # so many bytes more than there are


Answering = Callable[[Asked], "Reply | str | None"]


class Application:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, Answering] = {}
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                application._answer(self)

            do_POST = do_GET

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # the simulator went away in the middle, as it does when a test is over

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def says(self, path: str, *verbs: str) -> None:
        """This path answers with these verbs in a <Response>."""
        self.does(path, lambda asked: f"<Response>{''.join(verbs)}</Response>")

    def does(self, path: str, answer: Answering) -> None:
        self._answers[path] = answer

    def at(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]

    def statuses(self, path: str = "/status/", sid: str | None = None) -> list[str]:
        return [asked["CallStatus"] for asked in self.at(path) if sid in (None, asked["CallSid"])]

    def events(self, path: str = "/conference/") -> list[str]:
        return [asked["StatusCallbackEvent"] for asked in self.at(path)]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(handler.path)
        params = dict(parse_qsl(body if handler.command == "POST" else parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, parts.path, parts.query, params, headers, time.monotonic(), body)
        self.asked.append(asked)
        answer = self._answers.get(parts.path, lambda asked: Reply(status=204))(asked)
        reply = answer if isinstance(answer, Reply) else Reply(answer or "")
        time.sleep(reply.after)
        handler.send_response(reply.status)
        for name, value in {"Content-Type": TWIML, **reply.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply.body.encode()) + reply.promised))
        handler.end_headers()
        handler.wfile.write(reply.body.encode())
