"""The load, a process of its own: `python -m tests.bench.load '{"port": …}'` prepares, says ready, and goes when told.

Requests are signed before it begins, connections are raw and kept, so that what it costs is small; its share is told.
"""

import asyncio
import json
import pickle
import random
import sys
import time
from collections import deque
from typing import Any

import uvloop

from tests.bench.traffic import AT_ONCE, Post, Traffic

LONGEST = 10.0  # seconds to wait for answers after the last request


class Connection(asyncio.Protocol):
    """One request at a time; `done(status)` when its answer is whole, 0 when the connection broke."""

    def __init__(self, done: Any) -> None:
        self.done, self.heard = done, b""
        self.waiting = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, wire: bytes) -> None:
        self.waiting, self.heard = True, b""
        self.transport.write(wire)

    def data_received(self, data: bytes) -> None:
        self.heard = self.heard + data if self.heard else data
        if whole(self.heard):
            self.waiting = False
            self.done(self, int(self.heard[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.waiting:
            self.waiting = False
            self.done(self, 0)


def whole(answer: bytes) -> bool:
    """Enough of HTTP for the answers of three servers."""
    head, ended, body = answer.partition(b"\r\n\r\n")
    if not ended:
        return False
    if answer.startswith(b"HTTP/1.1 204"):
        return True
    head = head.lower()
    if b"\ncontent-length:" in head:
        return len(body) >= int(head.partition(b"\ncontent-length:")[2].split(b"\r", 1)[0])
    return body.endswith(b"0\r\n\r\n")


class Load:
    """Closed (each connection asks again when it is answered) or open (`rate` a second, late or not)."""

    def __init__(
        self,
        *,
        port: int,
        seconds: float,
        connections: int,
        rate: float,
        posts: list[Post],
        again: bool = False,
        hangs_up: float = 0,
        stubborn: bool = False,
    ) -> None:
        """`again`: when all was said, it is said again. `hangs_up`: share of requests whose answer nobody waits for.
        `stubborn`: who is hung up on comes back with something else, as long as it takes."""
        self.port, self.seconds, self.connections, self.rate = port, seconds, connections, rate
        self.hangs_up, self.stubborn, self.rng = hangs_up, stubborn, random.Random(len(posts))
        self.coming_back: set[asyncio.Task[None]] = set()
        self.left, self.again, self.posts = deque(posts), again, posts
        self.idle: deque[Connection] = deque()
        self.due: deque[tuple[float, Post]] = deque()  # the open load's, when no connection is free
        self.out: dict[Connection, tuple[float, Post]] = {}
        self.answered: list[tuple[str, str, float, float, int]] = []  # sid, word, asked, answered, status
        self.stopped = False

    async def run(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        for _ in range(self.connections):
            self.idle.append(await self.connect())
        print("ready", flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)
        self.began, cpu = time.monotonic(), time.process_time()
        if self.rate:
            await self.at_a_rate()
        else:
            for connection in list(self.idle):
                self.next(connection)
            await asyncio.sleep(self.seconds)
        self.stopped = True
        took, cpu = time.monotonic() - self.began, time.process_time() - cpu
        until = time.monotonic() + LONGEST
        while (self.out or self.due) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return {
            "began": self.began,
            "seconds": took,
            "cpu": cpu / took,
            "unanswered": len(self.out) + len(self.due),
            "ran_out": not self.left and not self.rate,
            "answered": self.answered,
        }

    async def connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: Connection(self.done), "127.0.0.1", self.port)
        return made

    async def come_back(self) -> None:
        while not self.stopped:
            try:
                return self.next(await self.connect())
            except OSError:
                await asyncio.sleep(0.05)

    async def at_a_rate(self) -> None:
        count = int(self.rate * self.seconds)
        for number in range(count):
            at = self.began + number / self.rate
            if (early := at - time.monotonic()) > 0:
                await asyncio.sleep(early)
            self.due.append((at, self.left.popleft()))
            self.give()

    def give(self) -> None:
        while self.due and self.idle:
            at, post = self.due.popleft()
            self.ask(self.idle.popleft(), at, post)

    def next(self, connection: Connection) -> None:
        if not self.left and self.again:
            self.left.extend(self.posts)
        if self.left:
            self.ask(connection, time.monotonic(), self.left.popleft())

    def ask(self, connection: Connection, at: float, post: Post) -> None:
        self.out[connection] = (at, post)
        connection.ask(post.wire)
        if self.hangs_up and self.rng.random() < self.hangs_up:
            connection.transport.close()

    def done(self, connection: Connection, status: int) -> None:
        at, post = self.out.pop(connection)
        self.answered.append((post.sid, post.word, at, time.monotonic(), status))
        if status == 0:
            if self.stubborn and not self.stopped:
                back = asyncio.create_task(self.come_back())
                self.coming_back.add(back)
                back.add_done_callback(self.coming_back.discard)
            return
        if self.rate:
            self.idle.append(connection)
            self.give()
        elif not self.stopped:
            self.next(connection)


def main() -> None:
    order = json.loads(sys.argv[1])
    traffic = Traffic(order.pop("seed"), at_once=order.pop("at_once", AT_ONCE), path=order.pop("path"))
    posts, out = traffic.posts(order.pop("many")), order.pop("out")
    result = uvloop.run(Load(posts=posts, **order).run())
    with open(out, "wb") as file:
        pickle.dump(result, file)


if __name__ == "__main__":
    main()
