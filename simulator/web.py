"""The little of HTTP that the simulator's own doors need, on top of ASGI."""

import json
from base64 import b64decode
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    client: str

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True)

    def basic_auth(self) -> tuple[str, str] | None:
        kind, _, encoded = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            name, _, secret = b64decode(encoded).decode().partition(":")
        except ValueError:
            return None
        return name, secret


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)


async def read(scope: Scope, receive: Receive) -> Request:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return Request(
        scope["method"],
        # Still percent-encoded: a name in it may contain a slash.
        scope["raw_path"].decode("latin-1"),
        parse_qsl(scope["query_string"].decode(), keep_blank_values=True),
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body,
        (scope.get("client") or ("", 0))[0],
    )


async def write(response: Response, send: Send) -> None:
    body = b"" if response.content is None else json.dumps(response.content).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    if body:
        headers.append((b"content-type", b"application/json"))
    headers += [(name.encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
