"""Fan-out alone, `uvicorn tests.bench.fanout:application`: events made in the server, so that no intake counts.

`GET /feed/?rate=…&seconds=…` makes them and answers with when each of them happened; with `&life=1` they are of all
kinds, for a page that is looked at, and nothing is kept of them. With our settings they are rows
that change in memory, read by the real tail and told by the real hub; otherwise each is one `group_send`.
"""

import asyncio
import itertools
import json
import os
import time
from datetime import datetime, timedelta
from urllib.parse import parse_qs

LIVE = 2_000
happened: list[tuple[str, str, float]] = []

if os.environ.get("DJANGO_SETTINGS_MODULE"):
    from django.utils import timezone

    from callcenter.asgi import application as inside
    from calls.live import hint, tail
    from calls.models import Agent, Call, Leg, Line, Position, Team

    class Floor:
        """Two legs a call. The agent's is told of in turns, and each change is a revision, as `publish` gives them."""

        def __init__(self) -> None:
            self.revision, self.sids, self.changed = 0, itertools.count(), {}
            self.team, self.agent = Team(pk=1, name="Billing"), Agent(pk=1, name="Ana Marković", contact="client:ana")
            self.line = Line(address="+15550100100", name="Billing hotline", team=self.team)
            began = timezone.now() - timedelta(hours=1)  # what is said of long calls is said from the start
            self.live = [self.call(number, began) for number in range(LIVE)]
            self.next = itertools.cycle(range(LIVE))

        def call(self, number: int, began: datetime) -> tuple[Call, list[Leg]]:
            call = Call(
                team=self.team, line=self.line, agent=self.agent, status="talking", from_number=f"+1415555{number:04d}",
                to_number=self.line.address, started_at=began, status_since=began, heard_at=began,
            )  # fmt: skip
            call.position = Position(call=call)
            return call, [self.leg(call, role) for role in ("caller", "agent")]

        def leg(self, call: Call, role: str) -> Leg:
            agent, to = (call.agent, "client:ana") if role == "agent" else (None, call.to_number)
            return Leg(
                sid=f"CA{next(self.sids):032x}", call=call, role=role, status="in-progress", agent=agent,
                direction="outbound-dial" if agent else "inbound", from_number=call.from_number, to_number=to,
                started_at=call.started_at, answered_at=call.status_since,
            )  # fmt: skip

        def event(self) -> tuple[str, str]:
            _, leg = self.leg_told(next(self.next))
            return leg.sid, leg.status

        def leg_told(self, number: int) -> list[Leg]:
            call, legs = self.live[number]
            legs[1].status = "in-progress" if legs[1].status == "ringing" else "ringing"
            self.tell(call, legs)
            return legs

        def life(self) -> None:
            """As a floor lives: of ten changes six are a leg's, three put a call on hold or back, one ends a call. Who
            has ended is followed by somebody else."""
            number = next(self.next)
            call, legs = self.live[number]
            if number % 10 == 0:
                call.status, call.ended_at, call.heard_at = "ended", timezone.now(), timezone.now()
                self.tell(call, legs)
                self.live[number] = self.call(number, timezone.now())
                self.tell(*self.live[number])
            elif number % 10 < 4:
                call.status, call.status_since = "talking" if call.status == "held" else "held", timezone.now()
                self.tell(call, legs)
            else:
                self.leg_told(number)

        def tell(self, call: Call, legs: list[Leg]) -> None:
            self.revision += 1
            call.position.revision = self.revision
            self.changed.pop(call.pk, None)  # the order is that of the revisions
            self.changed[call.pk] = call, legs

        def read(self, epoch: str, last: int) -> "tail.Reading":
            anew = epoch != "bench"
            changed, self.changed = self.changed, {}
            told = self.live if anew else changed.values()
            cards = [tail.card_of(call, legs, [], []) for call, legs in told]
            return tail.Reading("bench", self.revision, cards, anew)

    floor = Floor()
    tail.read = floor.read

    async def make(*, life: bool) -> None:
        if life:
            floor.life()
        else:
            happened.append((*floor.event(), time.monotonic()))
        hint.publish(floor.revision)
else:
    from channels.layers import get_channel_layer

    from tests.bench.naive import GROUP
    from tests.bench.naive import application as inside

    async def make(*, life: bool) -> None:
        number = len(happened)
        told = {"sid": f"CA{number:032x}", "status": "ringing", "from": "+14155550123", "to": "client:agent1"}
        happened.append((told["sid"], told["status"], time.monotonic()))
        await get_channel_layer().group_send(GROUP, {"type": "call.updated", "call": told})


async def application(scope, receive, send):
    if scope["type"] != "http" or scope["path"] != "/feed/":
        return await inside(scope, receive, send)
    asked = {name: float(values[0]) for name, values in parse_qs(scope["query_string"].decode()).items()}
    happened.clear()
    began = time.monotonic()
    for number in range(int(asked["rate"] * asked["seconds"])):
        if (early := began + number / asked["rate"] - time.monotonic()) > 0.001:
            await asyncio.sleep(early)
        await make(life=bool(asked.get("life")))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(happened).encode()})
