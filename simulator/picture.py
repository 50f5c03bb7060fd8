"""What the page shows, and of it only what has changed since it last looked.

Nothing tells this module of a change: when somebody looks, things are compared with what they were at the last look.
"""

import time
from collections.abc import Iterable
from heapq import nlargest
from itertools import islice
from typing import Any

from .calls import Call
from .clock import iso, speed_in_words
from .conferences import Conference
from .director import Director
from .errors import WARNINGS, meaning
from .events import NAMED_IN
from .exchange import Exchange
from .from_json import as_json
from .post import Webhook
from .queues import Queue

View = dict[str, Any]
# How many of what is over stay in sight.
ENDED, CLOSED, LAST = 40, 10, 120
LONGEST = 120
# Of a webhook's parameters, what the application decides by.
DECIDING = ("DialCallStatus", "QueueResult", "SpeechResult", "Digits", "AnsweredBy", "FriendlyName")


class Picture:
    def __init__(self, exchange: Exchange, director: Director):
        self._exchange = exchange
        self._director = director
        self._run = f"{time.time_ns():x}"
        self._revision = 0
        self._seen: dict[str, dict[str, tuple[int, View]]] = {}
        self._order: dict[str, int] = {}

    def since(self, run: str, revision: int) -> View:
        """`changed`: kind → id → how it is now; `ids`: kind → all of them in order, if any came or went.

        Who saw another run, or nothing yet (0), is shown everything.
        """
        self._look()
        since = revision if run == self._run else 0
        return {
            "run": self._run,
            "revision": self._revision,
            "now": iso(self._exchange.clock.now()),
            "speed": speed_in_words(self._exchange.clock.speed),
            "live": len(self._exchange.live),
            "ids": {kind: [*seen] for kind, seen in self._seen.items() if self._order[kind] > since},
            "changed": {
                kind: {name: view for name, (changed, view) in seen.items() if changed > since}
                for kind, seen in self._seen.items()
            },
        }

    def _look(self) -> None:
        self._revision += 1
        for kind, views in _everything(self._exchange, self._director).items():
            before = self._seen.get(kind, {})
            after = {name: self._kept(before.get(name), view) for name, view in views}
            if kind not in self._seen or [*after] != [*before]:
                self._order[kind] = self._revision
            self._seen[kind] = after

    def _kept(self, before: tuple[int, View] | None, view: View) -> tuple[int, View]:
        return before if before is not None and before[1] == view else (self._revision, view)


def _everything(exchange: Exchange, director: Director) -> dict[str, list[tuple[str, View]]]:
    dialled = _dialled(exchange)
    return {
        "calls": [(call.sid, {**_call(call), "dials": dialled.get(call.sid, [])}) for call in _calls(exchange)],
        "rooms": [(room.sid, _room(room)) for room in _rooms(exchange)],
        "queues": [(queue.sid, _queue(queue)) for queue in exchange.queues.values()],
        "webhooks": [(one.token, _webhook(exchange, one)) for one in _last(exchange.post.log, LAST)],
        "asked": [(str(one["number"]), one) for one in _last(exchange.asked, LAST)],
        "notes": [(str(one["sid"]), _note(one)) for one in _last(exchange.notes, LAST)],
        "switches": [("now", _switches(exchange))],
        # One that is played twice is stopped by one name.
        "plays": [*{play.name: (play.name, {"title": play.scenario.title}) for play in director.plays}.values()],
    }


def _calls(exchange: Exchange) -> list[Call]:
    """All that live, and those that ended last; the youngest first."""
    over = (call for call in exchange.calls.values() if call.over)
    ended = nlargest(ENDED, over, key=lambda call: call.ended_at or call.created_at)
    return sorted([*exchange.live.values(), *ended], key=lambda call: call.created_at, reverse=True)


def _dialled(exchange: Exchange) -> dict[str, list[str]]:
    """By the SID of who dials: the addresses that have not answered yet."""
    dialled: dict[str, list[str]] = {}
    for call in exchange.live.values():
        if call.parent is not None and call.status != "in-progress":
            dialled.setdefault(call.parent.sid, []).append(call.to)
    return dialled


def _rooms(exchange: Exchange) -> list[Conference]:
    rooms = [*reversed(exchange.conferences.values())]
    return [*(one for one in rooms if not one.over), *islice((one for one in rooms if one.over), CLOSED)]


def _last(log: Any, most: int) -> Iterable[Any]:
    return islice(reversed(log), most)


def _call(call: Call) -> View:
    seat = call.seat if call.seat and not call.seat.left.done() else None
    return {
        "parent": call.parent.sid if call.parent else None,
        "direction": call.direction,
        "from": call.from_,
        "to": call.to,
        "status": call.status,
        "over": call.over,
        "began": iso(call.created_at),
        "since": iso(call.answered_at or call.ringing_at or call.created_at),
        "ended": iso(call.ended_at),
        "ended_by": call.ended_by,
        "talks": bool(call.person and call.person.connected and not call.over),
        "room": seat.conference.name if seat else None,
        "room_sid": seat.conference.sid if seat else None,
        "held": bool(seat and seat.hold),
        "muted": bool(seat and seat.muted),
        "queue": call.member.queue.name if call.member else None,
        "by_hand": call.decision is not None,
        "listens_for": sorted(call.listening.kinds) if call.listening and not call.over else [],
        "answered_by": call.answered_by,
        "hears": _short(next((one["text"] for one in reversed(call.heard) if one["text"]), "")),
        "words": len(call.heard) + len(call.said),
    }


def _room(room: Conference) -> View:
    return {
        "name": room.name,
        "status": room.status,
        "since": iso(room.ended_at or room.started_at or room.created_at),
        "reason": room.reason_ended,
        "recorded": room.recording is not None,
        "people": [
            {
                "call": seat.call.sid,
                "who": seat.call.from_ if seat.call.direction == "inbound" else seat.call.to,
                "label": seat.label,
                "status": seat.status,
                "held": seat.hold,
                "muted": seat.muted,
                "coaches": seat.coached_sid,
            }
            for seat in (*room.seats.values(), *room.invited.values())
        ],
    }


def _queue(queue: Queue) -> View:
    return {
        "name": queue.name,
        "average": queue.average_wait,
        "people": [
            {"call": one.call.sid, "who": one.call.from_, "since": iso(one.enqueued_at)} for one in queue.members
        ],
    }


def _webhook(exchange: Exchange, webhook: Webhook) -> View:
    params = dict(webhook.params)
    call = exchange.calls.get(params.get("CallSid", ""))
    last = webhook.attempts[-1] if webhook.attempts else {}
    return {
        "at": iso(webhook.at),
        "subject": webhook.subject,
        "call": params.get("CallSid", ""),
        "from": call.from_ if call else params.get("From", ""),
        "to": call.to if call else params.get("To", ""),
        "decides": next(((name, _short(params[name])) for name in DECIDING if params.get(name)), None),
        "purpose": webhook.purpose,
        "event": next((params[name] for name in NAMED_IN if name in params), ""),
        "method": webhook.method,
        "url": webhook.url,
        "outcome": webhook.outcome,
        "status": last.get("status"),
        "error": last.get("error"),
        "milliseconds": last.get("milliseconds"),
        "attempts": len(webhook.attempts),
        "faults": webhook.faults,
    }


def _note(note: dict[str, Any]) -> View:
    return {**note, "meaning": meaning(int(note["code"])), "warning": note["code"] in WARNINGS}


def _switches(exchange: Exchange) -> View:
    settings = exchange.settings
    return {
        "account": settings.account_sid,
        "seed": settings.seed,
        "numbers": [
            {"number": one.phone_number, "name": one.friendly_name, "voice_url": one.voice_url}
            for one in exchange.numbers.values()
        ],
        "faults": as_json(settings.faults),
        "traffic": as_json(settings.traffic),
        "rules": [as_json(rule) for rule in settings.behaviour],
    }


def _short(text: str | None) -> str:
    text = text or ""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
