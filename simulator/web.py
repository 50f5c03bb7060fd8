"""The little of HTTP that the simulator's own doors need, on top of ASGI."""

import asyncio
import json
import socket
import struct
from base64 import b64decode
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal
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
    """`content` is sent as JSON, bytes as they are. `seconds` (real ones) belong to the manner of `delivery`."""

    status: int
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)
    delivery: Literal["whole", "late", "drip", "silent", "reset"] = "whole"
    seconds: float | None = None


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


async def write(response: Response, receive: Receive, send: Send, connection: asyncio.Transport) -> None:
    if response.delivery in ("late", "silent") and await _is_left(receive, response.seconds):
        return
    if response.delivery in ("silent", "reset"):
        await _reset(connection, receive)
        return
    body = _body(response.content)
    headers = [(b"content-length", str(len(body)).encode())]
    if body and "Content-Type" not in response.headers:
        headers.append((b"content-type", b"application/json"))
    headers += [(name.encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if response.delivery == "drip":
        while len(body) > 1:
            await send({"type": "http.response.body", "body": body[:1], "more_body": True})
            if await _is_left(receive, response.seconds):
                return
            body = body[1:]
    await send({"type": "http.response.body", "body": body})


def _body(content: object) -> bytes:
    if isinstance(content, bytes):
        return content
    return b"" if content is None else json.dumps(content).encode()


async def _is_left(receive: Receive, seconds: float | None) -> bool:
    """Waits so many real seconds, or for ever, unless the other side hangs up first."""
    try:
        # The request has been read: all that can still come is its end.
        await asyncio.wait_for(receive(), seconds)
    except TimeoutError:
        return False
    return True


async def _reset(connection: asyncio.Transport, receive: Receive) -> None:
    # To linger for 0 seconds is to send a reset instead of a farewell.
    connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()
    # The server has to see it, or it would answer 500 for us.
    await receive()
