"""Wishes that call somebody in, that consist of several parts, or that are about what runs beside a call; and for each
where it begins, what was wished before, and what is true at Twilio when it was done.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from calls.floor import consults, outcomes, routing
from calls.models import Action, Agent, Call, Line, Phone, Queue, Waiting
from tests.control.account import Account
from tests.control.rooms import Place

QUEUED = "+15550100300"
BO, BEN = "client:bo", "client:ben"
JSON = {"Accept": "application/json"}


@dataclass
class Scene:
    """A call, both sides of it, and ben's desk."""

    account: Account
    client: Any
    bo: Agent
    elsewhere: Queue
    caller: str
    call: Call
    agent: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    def press(self, verb: str, **fields: str) -> Any:
        return self.client.post(f"/calls/{self.call.pk}/{verb}/", {"key": str(uuid4()), **fields}, headers=JSON)

    def does(self, verb: str, **fields: str) -> None:
        """One that goes well."""
        answer = self.press(verb, **fields)
        assert answer.status_code in (200, 202), answer.content
        for _ in range(6):
            self.account.tells()
            outcomes.follow_up()
        action = Action.objects.get(pk=answer.json()["action"])
        assert action.state == Action.State.CONFIRMED, f"{action}: {action.message}"

    # What is true at Twilio ------------------------------------------------------------------------------------

    def leg(self, number: str) -> str:
        """The last that was called there, "" if nobody was."""
        lines = [line.sid for line in self.account.lines.values() if line.number == number]
        return lines[-1] if lines else ""

    def seat(self, sid: str) -> Place | None:
        found = (room.places[sid] for room in self.account.rooms if sid in room.places)
        return next(found, None)

    def lives(self, sid: str) -> bool:
        return bool(sid) and self.account.lines[sid].live

    def talk(self, *sids: str) -> bool:
        """In one room, heard by one another, and not on hold."""
        seats = [self.seat(sid) for sid in sids]
        rooms = {room.sid for room in self.account.rooms for sid in sids if sid in room.places}
        return len(rooms) == 1 and all(seat and not (seat.muted or seat.hold or seat.coaching) for seat in seats)

    def is_held(self, sid: str) -> bool:
        seat = self.seat(sid)
        return seat is not None and seat.hold

    def is_so(self, sid: str, **flags: Any) -> bool:
        seat = self.seat(sid)
        return seat is not None and all(getattr(seat, name) == value for name, value in flags.items())

    def tapes(self, kind: str = "Recordings") -> list[str]:
        return [tap.status for tap in self.account.beside.of(self.caller, kind=kind)]

    def in_company(self) -> bool:
        """The caller waits where they may, or somebody talks with them or will (`consulting`)."""
        line, seat = self.account.lines[self.caller], self.seat(self.caller)
        if not line.live:
            return False
        if seat is None:
            return line.dial is not None and self.account.lines[line.dial[1]].live
        room = next(room for room in self.account.rooms if self.caller in room.places)
        others = [place for sid, place in room.places.items() if sid != self.caller]
        return room.status == "init" or any(not (place.muted or place.coaching) for place in others)


def consults_bo(scene: Scene) -> None:
    scene.does("transfer", mode="warm", destination=f"agent-{scene.bo.pk}")


def wish_before(verb: str, **fields: str) -> Callable[[Scene], None]:
    return lambda scene: scene.does(verb, **fields)


def in_turn(*steps: Callable[[Scene], None]) -> Callable[[Scene], None]:
    def all_of_them(scene: Scene) -> None:
        for step in steps:
            step(scene)

    return all_of_them


@dataclass(frozen=True)
class Kind:
    """`at`: where the caller is: in a `room`, in a `dial`, `waits`, or `rings` (waits, and Ana is rung); `goes`: whose
    leg is over when it was done; `rings`: whom it calls."""

    verb: str
    done: Callable[[Scene], bool]
    fields: Callable[[Scene], dict[str, str]] = lambda scene: {}
    at: str = "room"
    before: Callable[[Scene], None] = lambda scene: None
    rings: str = ""
    several: bool = False  # parts


def to_bo(scene: Scene) -> dict[str, str]:
    return {"destination": f"agent-{scene.bo.pk}"}


def warm(scene: Scene) -> dict[str, str]:
    return {"mode": "warm", **to_bo(scene)}


def has(kind: str, *statuses: str) -> Callable[[Scene], bool]:
    return lambda scene: scene.tapes(kind) == list(statuses)


def waits_first(scene: Scene) -> bool:
    entry = Waiting.objects.get(call=scene.call)
    return entry.left_at is None and entry.before == 0


PARTIES = {
    "consult": Kind(
        "transfer", lambda s: s.is_held(s.caller) and s.talk(s.agent, s.leg(BO)), warm, rings=BO, several=True
    ),
    "hand over": Kind(
        "complete", lambda s: s.talk(s.caller, s.leg(BO)) and not s.lives(s.agent), before=consults_bo, several=True
    ),
    "cancel": Kind("cancel", lambda s: s.talk(s.caller, s.agent) and not s.lives(s.leg(BO)), before=consults_bo),
    "swap": Kind(
        "swap", lambda s: s.talk(s.caller, s.agent) and s.is_held(s.leg(BO)), before=consults_bo, several=True
    ),
    "monitor": Kind("monitor", lambda s: s.is_so(s.leg(BEN), muted=True), rings=BEN),
    "whisper": Kind("whisper", lambda s: s.is_so(s.leg(BEN), coaches=s.agent, coaching=True, muted=False), rings=BEN),
    "barge": Kind(
        "barge", lambda s: s.is_so(s.leg(BEN), coaching=False, muted=False), before=wish_before("monitor")
    ),
    "leave": Kind("leave", lambda s: not s.lives(s.leg(BEN)), before=wish_before("monitor")),
    "take over": Kind(
        "take_over", lambda s: s.talk(s.caller, s.leg(BEN)) and not s.lives(s.agent), rings=BEN, several=True
    ),
    "take over, listening": Kind(
        "take_over", lambda s: s.talk(s.caller, s.leg(BEN)) and not s.lives(s.agent), before=wish_before("monitor"),
        several=True,
    ),
    "hand back": Kind(
        "hand_back", lambda s: s.talk(s.caller, s.leg("client:ana")) and s.is_so(s.leg(BEN), muted=True),
        before=wish_before("take_over"), rings="client:ana", several=True,
    ),
    "add": Kind("add", lambda s: s.talk(s.caller, s.agent, s.leg(BO)), to_bo, rings=BO),
    "lift": Kind("hold", lambda s: s.is_held(s.caller) and s.seat(s.agent) is not None, at="dial", several=True),
    "lift and add": Kind(
        "add", lambda s: s.talk(s.caller, s.agent, s.leg(BO)), to_bo, at="dial", rings=BO, several=True
    ),
    "lift and consult": Kind(
        "transfer", lambda s: s.is_held(s.caller) and s.talk(s.agent, s.leg(BO)), warm, at="dial", rings=BO,
        several=True,
    ),
    "record": Kind("record", has("Recordings", "in-progress")),
    "pause": Kind("pause", has("Recordings", "paused"), before=wish_before("record")),
    "resume recording": Kind(
        "resume_recording", has("Recordings", "in-progress"),
        before=in_turn(wish_before("record"), wish_before("pause")),
    ),
    "stop recording": Kind("stop_recording", has("Recordings", "stopped"), before=wish_before("record")),
    "transcribe": Kind("transcribe", has("Transcriptions", "in-progress")),
    "stop transcript": Kind("stop_transcript", has("Transcriptions", "stopped"), before=wish_before("transcribe")),
    "limit": Kind("limit", lambda s: s.account.lines[s.caller].limit > 0, lambda s: {"minutes": "5"}),
    "pull": Kind("pull", lambda s: s.talk(s.caller, s.leg(BO)), to_bo, at="waits", rings=BO),
    "pull, while somebody rings": Kind(
        "pull", lambda s: s.talk(s.caller, s.leg(BO)), to_bo, at="rings", rings=BO, several=True
    ),
    "move": Kind(
        "move", lambda s: Waiting.objects.get(call=s.call).queue == s.elsewhere,
        lambda s: {"queue": str(s.elsewhere.pk)}, at="waits",
    ),
    "front": Kind("front", waits_first, at="waits"),
}  # fmt: skip


class Parties:
    """Where these scenes are made."""

    def __init__(self, account: Account, client: Any, ben: Any, ana: Agent, places: SimpleNamespace) -> None:
        self.account, self.client, self.ana, self.places = account, client, ana, places
        team = ana.teams.get()
        self.queue = Queue.objects.create(name="Billing", team=team, wrap_up_seconds=0, greeting="Hello.")
        self.elsewhere = Queue.objects.create(name="Refunds", team=team, skill="refunds")
        Line.objects.create(address=QUEUED, name="Queue", team=team, flow=Line.Flow.QUEUE, queue=self.queue)
        Phone.objects.create(user=ben, address=BEN)
        client.force_login(ben)

    def scene(self, kind: Kind) -> Scene:
        account = self.account
        waits = kind.at in ("waits", "rings")
        Queue.objects.filter(pk=self.queue.pk).update(skill="nobody has it" if kind.at == "waits" else "")
        if kind.at == "waits":  # behind somebody else
            account.phones("+14155550178", QUEUED)
            account.tells()
        caller = account.phones(to=QUEUED if kind.at != "dial" else "+15550100100")
        account.tells()
        scene = Scene(account, self.client, self.places.bo, self.elsewhere, caller, Call.objects.get(legs__sid=caller))
        account.slow = {"client:ana"} if kind.at == "rings" else set()
        if kind.at in ("room", "rings"):
            routing.look_around()
        account.tells()
        scene.agent = "" if waits else scene.leg("client:ana")
        kind.before(scene)
        account.rung.clear()
        return scene


def goes_round() -> None:
    """What in life goes round once a second."""
    outcomes.follow_up()
    consults.put_right()
    routing.look_around()
