"""Fan-out alone, `uvicorn tests.bench.fanout:application`: events made in the server, so that no intake counts.

`GET /feed/?rate=…&seconds=…` makes them and answers with when each of them happened. With our settings they are rows
that change in memory, read by the real tail and told by the real hub; otherwise each is one `group_send`.
"""

import asyncio
import itertools
import json
import os
import time
from urllib.parse import parse_qs

LIVE = 2_000
happened: list[tuple[str, str, float]] = []

if os.environ.get("DJANGO_SETTINGS_MODULE"):
    from callcenter.asgi import application as inside
    from calls.live import hint, tail
    from calls.models import Call, Leg, Position, Team

    class Floor:
        """Two legs a call. The agent's is told of in turns, and each change is a revision, as `publish` gives them."""

        def __init__(self) -> None:
            self.revision, self.changed = 0, {}
            team = Team(pk=1, name="Billing")
            self.calls = [Call(team=team, from_number="+14155550123", status="ringing") for _ in range(LIVE)]
            self.legs = [
                [
                    Leg(sid=f"CA{number + place:032x}", call=call, role=role)
                    for place, role in enumerate(("caller", "agent"))
                ]
                for number, call in zip(itertools.count(0, 2), self.calls, strict=False)
            ]
            for call in self.calls:
                call.position = Position(call=call)
            self.next = itertools.cycle(range(LIVE))

        def event(self) -> tuple[str, str]:
            number = next(self.next)
            leg = self.legs[number][1]
            leg.status = "in-progress" if leg.status == "ringing" else "ringing"
            self.revision += 1
            self.calls[number].position.revision = self.revision
            self.changed[number] = self.revision
            return leg.sid, leg.status

        def read(self, epoch: str, last: int) -> "tail.Reading":
            anew = epoch != "bench"
            changed, self.changed = self.changed, {}
            told = range(LIVE) if anew else sorted(changed, key=changed.__getitem__)
            cards = [tail.card_of(self.calls[number], self.legs[number], [], []) for number in told]
            return tail.Reading("bench", self.revision, cards, anew)

    floor = Floor()
    tail.read = floor.read

    async def make() -> None:
        happened.append((*floor.event(), time.monotonic()))
        hint.publish(floor.revision)
else:
    from channels.layers import get_channel_layer

    from tests.bench.naive import GROUP
    from tests.bench.naive import application as inside

    async def make() -> None:
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
        await make()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(happened).encode()})
