"""Golden vectors for the browser's reducer: `python -m tests.live.vectors` writes `tests/js/vectors.json`.

A list of {"name", "start": snapshot or null, "messages": […], "end": {"revision", "calls": {id: body}}}. The same every
time: fixed seed, ids and times. Half of them are rules one by one, the others floors on which anything happens.
"""

import json
from pathlib import Path
from random import Random
from typing import Any

from tests.live.reducer import whole

FILE = Path(__file__).resolve().parent.parent / "js" / "vectors.json"
SEED = 20261002
FLOORS = 16


def vectors() -> list[dict[str, Any]]:
    return [*rules(), *floors()]


def floors() -> list[dict[str, Any]]:
    from calls.live.hub import Hub
    from calls.live.mirror import Mirror
    from tests.live.floor import AUDIENCES, Clock, Floor, Page, snapshot_of

    made = []
    for number in range(FLOORS):
        floor, hub = Floor(Random(SEED + number)), Hub(Mirror(), Clock())
        for _ in range(6):
            floor.change()
        hub.mirror.start("k3fq", floor.revision, floor.cards())
        audience = AUDIENCES[number % len(AUDIENCES)]
        page, start = Page(hub, audience).open(), snapshot_of(hub, audience)
        first = len(page.heard)
        for _ in range(7):
            for _ in range(1 + number % 3):
                floor.change()
            hub.tell(hub.mirror.apply(floor.revision, floor.cards(after=hub.mirror.revision)))
            hub.good_at = hub.clock()
            hub.beat()
            page.read()
        messages = page.heard[first:]
        made.append(vector(f"floor {number}", start, messages, page.board.revision, page.board.calls))
    return made


def rules() -> list[dict[str, Any]]:
    held, other = call("a", 10), call("b", 7)
    start = {"epoch": "k3fq", "revision": 10, "calls": [held, other]}
    kept = {"a": held, "b": other}

    def told(name: str, *messages: dict[str, Any], revision: int, **calls: Any) -> dict[str, Any]:
        return vector(name, start, list(messages), revision, {**kept, **calls})

    legs = [
        {"sid": "CA1", "role": "caller", "started_at": 0, "answered_at": 900},
        {"sid": "CA2", "role": "caller", "number": "", "status": "ringing", "started_at": -5},
        {"sid": "CA3", "role": "agent", "number": "client:ana", "ended_at": 60_000},
        {"sid": "CA4", "role": "agent", "name": "Bo", "ringing_at": "2026-10-02T14:00:01.000Z"},
        {"sid": "CA5", "role": ""},
    ]
    wish = {"id": "w", "verb": "end", "target": "call", "by": "Alice", "state": "requested", "requested_at": 0}
    talk = {"hears": [[0, 2], [2, 0], [2, 3]], "misheard": ["Ana hears Bo: Alice wished otherwise (mute)."]}
    began = {"started_at": "2026-10-02T14:00:00.250Z", "since": 1_000, "unverified_since": 0, "heard_at": 86_400_000}
    lean = {"id": "a", "revision": 12, "caller": "+14155550177", "agent": "Ana", "legs": legs, "actions": [wish]}
    newer, left = call("a", 12), call("a", 12, ended_at="2026-10-02T14:05:00.000Z")
    return [
        vector("no picture yet: a frame cannot be applied", None, [frame(0, 12, newer)], None, {}),
        vector("an empty board", {**start, "revision": 0, "calls": []}, [frame(0, 12, newer)], 12, {"a": newer}),
        told("a call as it is now", frame(10, 12, newer), revision=12, a=newer),
        told("who hears whom: by their places among the legs", frame(10, 12, lean | began | talk), revision=12,
             a=lean | began | talk),
        told("what was left out is what is usual", frame(10, 12, {"id": "a", "revision": 12}), revision=12,
             a={"id": "a", "revision": 12}),
        told("times are counted from when the call began", frame(10, 12, lean | began), revision=12, a=lean | began),
        vector("an end in the moment it began", start, [frame(10, 12, lean | began | {"ended_at": 0})], 12,
               {"b": other}),
        told("a call that is new", frame(10, 11, call("c", 11)), revision=11, c=call("c", 11)),
        told("the frame begins before us", frame(4, 12, newer), revision=12, a=newer),
        told("the frame ends where we are: old news", frame(4, 10, call("a", 9)), revision=10),
        told("the frame ends before us: old news", frame(4, 9, call("c", 9)), revision=10),
        told("the frame begins after us: something is missing", frame(11, 12, newer), revision=10),
        told("after a gap the missing frame", frame(11, 12, newer), frame(10, 12, newer), revision=12, a=newer),
        told("a body older than ours is skipped", frame(8, 12, call("a", 9), call("b", 11)), revision=12,
             b=call("b", 11)),
        told("an ended body older than ours is skipped", frame(8, 12, call("a", 9, ended_at="2026")), revision=12),
        told("a body as old as ours is taken", frame(9, 12, call("a", 10, status="held")), revision=12,
             a=call("a", 10, status="held")),
        vector("a call that ended leaves the board", start, [frame(10, 12, left)], 12, {"b": other}),
        told("the end of a call we never saw", frame(10, 12, call("c", 12, ended_at="2026")), revision=12),
        vector("gone is gone", start, [frame(10, 12, gone=["a"])], 12, {"b": other}),
        told("gone, but never here", frame(10, 12, gone=["x", "y"]), revision=12),
        told("gone and back", frame(10, 12, gone=["a"]), frame(12, 13, call("a", 13)), revision=13, a=call("a", 13)),
        told("ended and reopened", frame(10, 12, left), frame(12, 13, call("a", 13)), revision=13, a=call("a", 13)),
        told("two that overlap", frame(10, 12, newer), frame(10, 14, newer, call("b", 14)), revision=14,
             a=newer, b=call("b", 14)),
        told("the same frame twice", frame(10, 12, newer), frame(10, 12, newer), revision=12, a=newer),
        told("what is not a frame moves nothing", {"op": "head", "revision": 99}, {"op": "stale", "since": None},
             {"op": "pong", "id": 3}, {"op": "reload", "why": "epoch"}, {"op": "of a later version"}, revision=10),
        told("keys that we do not know", {**frame(10, 12, call("a", 12, new=[1])), "agents": [], "gone_agents": []},
             revision=12, a=call("a", 12, new=[1])),
    ]  # fmt: skip


def call(
    pk: str, revision: int, *, ended_at: str | None = None, status: str = "talking", **more: Any
) -> dict[str, Any]:
    return {"id": pk, "revision": revision, "status": status, "ended_at": ended_at, "legs": [], "actions": [], **more}


def frame(start: int, to: int, *calls: dict[str, Any], gone: list[str] | None = None) -> dict[str, Any]:
    return {"op": "frame", "from": start, "to": to, "calls": list(calls), "gone": gone or []}


def vector(
    name: str, start: dict[str, Any] | None, messages: list[dict[str, Any]], revision: int | None, calls: dict[str, Any]
) -> dict[str, Any]:
    numbered = [{"n": n, **message} for n, message in enumerate(messages, 1)]
    held = {pk: whole(call) for pk, call in calls.items()}
    return {"name": name, "start": start, "messages": numbered, "end": {"revision": revision, "calls": held}}


def text() -> str:
    lines = (json.dumps(vector, ensure_ascii=False, separators=(",", ":"), sort_keys=True) for vector in vectors())
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    import django

    from tests.services import SETTINGS

    import os  # isort: skip

    os.environ.update(SETTINGS, DJANGO_SETTINGS_MODULE="callcenter.settings")
    django.setup()
    FILE.write_text(text())
