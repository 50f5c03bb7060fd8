"""Open desks, all in a process of its own: `python -m tests.bench.desks '{"port": …}'`. Cheaper than a browser by far.

They read frames off raw connections and keep when each came; the first desk keeps the texts as well, the others are
told the same. What each frame was about is looked up when the run is over.
"""

import asyncio
import gzip
import json
import os
import pickle
import re
import sys
import time
import urllib.request
from typing import Any

import uvloop

ACK_MESSAGES, ACK_BYTES, ACK_EVERY = 64, 128 * 1024, 0.5  # as static/desk does
HEAD = re.compile(rb'\{"n":(\d+),"op":"(\w+)"(?:,"from":(\d+),"to":(\d+))?')
here = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Desk(asyncio.Protocol):
    def __init__(self, port: int, session: str, sync: dict[str, Any] | None, *, keeps_texts: bool) -> None:
        self.port, self.session, self.sync, self.keeps_texts = port, session, sync, keeps_texts
        self.buffer = bytearray()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.acked, self.acked_at, self.unacked = 0, 0.0, 0
        self.heard: list[tuple[float, bytes]] = []  # when, and the text (its head, if texts are not kept)
        self.bytes = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(
            (
                f"GET /ws/desk/ HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nOrigin: http://127.0.0.1:8000\r\n"
                f"Upgrade: websocket\r\nConnection: Upgrade\r\nCookie: sessionid={self.session}\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Sec-WebSocket-Protocol: supervisor.v2\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.opened.done():
            head, ended, rest = bytes(self.buffer).partition(b"\r\n\r\n")
            if not ended:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                return self.opened.set_exception(ConnectionError(head.decode()))
            self.buffer = bytearray(rest)
            self.opened.set_result(None)
            if self.sync:
                self.say({"op": "sync", **self.sync})
        while (text := self.next()) is not None:
            self.hear(text, time.monotonic())

    def next(self) -> bytes | None:
        """The next text frame of the buffer: a server's are never masked, and ours come in one piece."""
        size, start = self.buffer[1] & 127 if len(self.buffer) > 1 else 0, 2
        if size > 125:
            wide = 2 if size == 126 else 8
            size, start = int.from_bytes(self.buffer[2 : 2 + wide], "big"), 2 + wide
        if len(self.buffer) < max(2, start + size):
            return None
        text = bytes(self.buffer[start : start + size])
        del self.buffer[: start + size]
        return text

    def hear(self, text: bytes, now: float) -> None:
        self.bytes += len(text)
        self.unacked += len(text)
        self.heard.append((now, text if self.keeps_texts else text[:80]))
        found = HEAD.match(text)
        if found and found[2] == b"reload":
            self.looking = asyncio.create_task(self.look_anew())
        if found and self.sync:
            n = int(found[1])
            if n - self.acked >= ACK_MESSAGES or self.unacked >= ACK_BYTES or now - self.acked_at > ACK_EVERY:
                self.acked, self.acked_at, self.unacked = n, now, 0
                self.say({"op": "ack", "n": n})

    async def look_anew(self) -> None:
        """The picture counts as a frame of all that is in it."""
        self.sync, calls = await asyncio.to_thread(look, self.port, self.session)
        told = {"n": 0, "op": "frame", "from": 0, "to": self.sync["revision"], "calls": calls, "gone": []}
        text = json.dumps(told, separators=(",", ":")).encode()
        self.heard.append((time.monotonic(), text if self.keeps_texts else text[:80]))
        self.say({"op": "sync", **self.sync})

    def say(self, message: dict[str, Any]) -> None:
        text = json.dumps(message).encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0xFE]) + len(text).to_bytes(2, "big")
        self.transport.write(b"\x81" + size + b"\0\0\0\0" + text)  # masked by nothing

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server hung up"))


def look(port: int, session: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a page knows when it opens its socket: where it stands, and the calls of its picture."""
    headers = {"Cookie": f"sessionid={session}", "Accept-Encoding": "gzip"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/desk/board/", headers=headers)
    with here.open(request, timeout=20) as answer:
        board = json.loads(gzip.decompress(answer.read()))
        rights = answer.headers["X-Desk-Rights"]
        return {"epoch": board["epoch"], "revision": board["revision"], "rights": rights}, board["calls"]


async def run(port: int, sessions: list[str], count: int) -> dict[str, Any]:
    """Open them, say ready, and listen until stdin ends."""
    loop, desks = asyncio.get_running_loop(), []
    seen = {session: (await asyncio.to_thread(look, port, session))[0] for session in sessions[:count]}
    for number in range(count):
        session = sessions[number % len(sessions)] if sessions else ""
        sync = seen.get(session)
        _, desk = await loop.create_connection(
            lambda session=session, sync=sync, number=number: Desk(port, session, sync, keeps_texts=number == 0),
            "127.0.0.1", port,
        )  # fmt: skip
        await desk.opened
        desks.append(desk)
    await asyncio.sleep(0.5)
    print("ready", flush=True)
    began, cpu = time.monotonic(), time.process_time()
    for desk in desks:
        desk.heard.clear()
        desk.bytes = 0
    await loop.run_in_executor(None, sys.stdin.read)
    took = time.monotonic() - began
    return {
        "cpu": (time.process_time() - cpu) / took,
        "bytes": sum(desk.bytes for desk in desks),
        "open": sum(not desk.transport.is_closing() for desk in desks),
        "heard": [desk.heard for desk in desks],
    }


def main() -> None:
    order = json.loads(sys.argv[1])
    out = order.pop("out")
    result = uvloop.run(run(**order))
    with open(out, "wb") as file:
        pickle.dump(result, file)
    os._exit(0)  # hundreds of goodbyes are nobody's business


if __name__ == "__main__":
    main()
