"""Queues: who waits in them, in what order, and how two calls find each other.

Source: https://www.twilio.com/docs/voice/api/queue-resource, https://www.twilio.com/docs/voice/twiml/enqueue
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from .calls import Call
from .chance import new_sid
from .exchange import Exchange
from .line import Connect, Source

USUAL_SIZE, MOST_SIZE = 1000, 5000
LONGEST_NAME = 64


@dataclass(eq=False)
class Member:
    """A call's place in a queue."""

    call: Call
    queue: "Queue"
    enqueued_at: datetime
    bridge: "Bridge | None" = None
    waited: float | None = None


@dataclass(eq=False)
class Queue:
    sid: str
    name: str
    created_at: datetime
    updated_at: datetime
    max_size: int = USUAL_SIZE
    members: list[Member] = field(default_factory=list)
    out: int = 0
    seconds_waited: float = 0.0
    bridges: "list[Bridge]" = field(default_factory=list)
    arrival: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def average_wait(self) -> int:
        """Whole seconds that those waited who are out again."""
        return round(self.seconds_waited / self.out) if self.out else 0

    def place_of(self, member: Member) -> int:
        return self.members.index(member) + 1 if member in self.members else 1

    def member_of(self, call_sid_or_front: str) -> Member | None:
        if call_sid_or_front == "Front":
            return self.members[0] if self.members else None
        return next((member for member in self.members if member.call.sid == call_sid_or_front), None)


@dataclass(eq=False)
class Bridge:
    """Somebody who waited and somebody who takes them. `joined`: the first is there (or has gone); `ended`: by whom."""

    member: Member
    agent: Call
    whisper: Source | None = None
    joined: "asyncio.Future[bool]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    ended: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    seconds: int | None = None
    began_at: datetime | None = None

    def arrive(self, exchange: Exchange) -> None:
        if not self.joined.done():
            self.began_at = exchange.clock.now()
            self.joined.set_result(True)
            connect(self.member.call, self.agent, True)

    def end(self, exchange: Exchange, by: str) -> None:
        """`by` is queued or agent, how it went for the other one follows."""
        if not self.joined.done():
            self.joined.set_result(False)
        if not self.ended.done():
            if self.began_at is not None:
                self.seconds = round((exchange.clock.now() - self.began_at).total_seconds())
                connect(self.member.call, self.agent, False)
            self.ended.set_result(by)


def find(exchange: Exchange, name: str) -> Queue | None:
    return next((queue for queue in exchange.queues.values() if queue.name == name), None)


def create(exchange: Exchange, name: str, max_size: int = USUAL_SIZE) -> Queue:
    sid = new_sid("QU", exchange.chance.dice("queue", name, exchange.count(f"queue {name}")))
    now = exchange.clock.now()
    exchange.queues[sid] = queue = Queue(sid, name, now, now, max_size)
    return queue


def enter(exchange: Exchange, queue: Queue, call: Call) -> Member | None:
    """None if the queue is full."""
    if len(queue.members) >= queue.max_size:
        return None
    call.member = member = Member(call, queue, exchange.clock.now())
    queue.members.append(member)
    queue.arrival.set()
    return member


def leave(exchange: Exchange, member: Member) -> None:
    if member in member.queue.members:
        member.queue.members.remove(member)
        member.waited = seconds_of(exchange, member)
        member.queue.out += 1
        member.queue.seconds_waited += member.waited
    if member.call.member is member:
        member.call.member = None


def take_front(exchange: Exchange, queue: Queue, agent: Call) -> Bridge | None:
    """Calls the first in line to the telephone; None if nobody waits."""
    member = queue.member_of("Front")
    if member is None:
        return None
    leave(exchange, member)
    member.bridge = bridge = Bridge(member, agent)
    queue.bridges.append(bridge)
    bridge.ended.add_done_callback(lambda _: queue.bridges.remove(bridge))
    if not member.call.line.interrupt(Connect(bridge)):
        bridge.end(exchange, "queued")
    return bridge


def seconds_of(exchange: Exchange, member: Member) -> float:
    return (exchange.clock.now() - member.enqueued_at).total_seconds()


def connect(one: Call, other: Call, connected: bool) -> None:
    """Two people hear each other, or no longer."""
    one.partner, other.partner = (other, one) if connected else (None, None)
    for call in (one, other):
        if call.person is not None:
            call.person.connect(connected)
