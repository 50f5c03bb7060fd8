"""How a figure is got: a server of one kind, the load that it gets, and each kind's turn."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.measures import accepted, per_second, percentile, post_times, socket_times
from tests.bench.stage import Client, Server, Stage

STATUS = "/twilio/status/"
DESKS, CONNECTIONS = 200, 32


@dataclass
class Row:
    goal: int
    what: str
    figure: str
    threshold: str
    ok: bool | None  # None: only reported


class Bench:
    def __init__(self, stage: Stage, *, rounds: int, seconds: float, say: Callable[[str], None]) -> None:
        self.stage, self.rounds, self.seconds, self.say = stage, rounds, seconds, say
        self.seed = 0
        self.shares: list[float] = []  # of a processor, that the load itself needed

    # Runs ------------------------------------------------------------------------------------------------------

    def load(self, port: int, *, many: int, rate: float = 0, seconds: float = 0, **order: Any) -> Client:
        self.seed += 1
        order = {"connections": CONNECTIONS, "path": STATUS, "seed": self.seed} | order
        return Client("tests.bench.load", port=port, seconds=seconds or self.seconds, rate=rate, many=many, **order)

    def flat_out(
        self, kind: str, store: str, name: str = "", *, path: str = STATUS, many: int, again: bool = False
    ) -> float:
        """Callbacks a second, durable, by clients that each come again as soon as they are answered."""
        with self.stage.server(kind, store, name) as server:
            warm = self.load(server.port, many=400, seconds=0.5, path=path)
            warm.go()
            warm.found()
            load = self.load(server.port, many=many, path=path, again=again)
            load.go()
            found = load.found()
        if found["ran_out"]:
            raise RuntimeError("the load ran out of requests")
        self.shares.append(found["cpu"])
        self.say(f"{kind} {name} {store} {path}: {per_second(found):.0f} callbacks/s, load {found['cpu']:.0%}")
        return per_second(found)

    def in_turns(self, *runs: Callable[[], float]) -> list[float]:
        """The median of each over all rounds; in every round each has its turn."""
        figures = [[run() for run in runs] for _ in range(self.rounds)]
        return [statistics.median(column) for column in zip(*figures, strict=True)]

    @contextmanager
    def desks(self, server: Server, count: int = DESKS) -> Iterator[Client]:
        yield Client("tests.bench.desks", port=server.port, sessions=server.sessions, count=count)

    def watched(self, server: Server, rate: float, seconds: float = 0) -> tuple[float, float]:
        """p99 of the answers and p99 of callback → socket (seconds), with so many callbacks a second and 200 desks."""
        seconds = seconds or self.seconds
        with self.desks(server) as desks:
            load = self.load(server.port, rate=rate, many=int(rate * seconds) + 1, seconds=seconds, connections=100)
            load.go()
            found = load.found()
            time.sleep(0.5)
            seen = desks.found()
        happened = [(sid, word, asked) for sid, word, asked, _, _ in accepted(found)]
        times = percentile(post_times(found), 0.99), percentile(socket_times(happened, seen["heard"]), 0.99)
        self.shares.append(found["cpu"] + seen["cpu"])
        self.say(
            f"{server.application} {rate:g}/s, {seen['open']} desks: answers p99 {times[0] * 1000:.0f} ms, sockets p99"
            f" {times[1] * 1000:.0f} ms, {seen['bytes'] / seconds / 1e6:.0f} MB/s, clients {self.shares[-1]:.0%}"
        )
        return times
