"""A made-up floor without a database: calls that do whatever a call can do, by chance, and their cards."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from django.contrib.auth.models import User

from calls.live.hub import Desk, Hub
from calls.live.mirror import Audience, Card, Mirror
from calls.live.tail import card_of
from calls.models import Action, Agent, Call, Leg, Line, Position, Presence, Rights, Room, Team
from tests.live.reducer import Board, whole

BEGAN = datetime(2026, 10, 2, 14, 0, tzinfo=UTC)
TEAMS = {1: "Billing", 2: "Sales", 3: "Señal 東京"}
# One team masked and in full, two of them, all of them masked and in full, only what has no team, one without calls.
AUDIENCES: list[Audience] = [
    frozenset({(1, False)}),
    frozenset({(1, True)}),
    frozenset({(1, True), (2, False)}),
    frozenset({(2, True), (3, True)}),
    frozenset({(None, False), (1, False), (2, False), (3, False)}),
    frozenset({(None, True), (1, True), (2, True), (3, True)}),
    frozenset({(None, False)}),
    frozenset({(9, True)}),
]
LEG_STATUSES = ("queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled")
# Every word that a row may carry, and every other thing that can become of a call.
KINDS: list[tuple[str, ...]] = [
    *[("call_status", word) for word in Call.Status.values if word != Call.Status.ENDED],
    *[("leg_moves", word) for word in LEG_STATUSES],
    *[("action_moves", word) for word in Action.State.values],
    *[("end", word) for word in Call.Outcome.values],
    ("begin",), ("leg_joins",), ("hold",), ("wish",), ("team",), ("merge",), ("reopen",), ("late_word",),
]  # fmt: skip
# What happens by chance: calls come as fast as they go, and somebody is always doing something.
CHANCES = [kind for kind in KINDS if kind[0] != "end"] + KINDS[-8:] * 2 + [("begin",)] * 4 + [("end", "completed")] * 4


def rights(audience: Audience, user_id: int = 1) -> Rights:
    return Rights(
        user_id=user_id,
        name="Ben Okafor",
        active=True,
        by_team={team: frozenset({"view_call"}) for team, _ in audience},
        team_names={team: TEAMS.get(team, "Nobody's") for team, _ in audience if team is not None},
        numbers=frozenset(team for team, full in audience if full),
        secret="as it was",
    )


class Floor:
    """Each change gives its calls the next revisions, as `publish` does. The same seed makes the same floor."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.revision, self.now = rng, 0, BEGAN
        self.teams = [None] + [Team(pk=pk, name=name) for pk, name in TEAMS.items()]
        self.lines = [None] + [
            Line(pk=pk, name=f"{name} hotline", address=f"+1555010010{pk}") for pk, name in TEAMS.items()
        ]
        self.agents = [Agent(pk=pk, name=name, contact=f"client:{pk}") for pk, name in enumerate(("Ana", "Bo", "Zoë"))]
        self.people = [User(pk=1, username="alice", first_name="Alice", last_name="Moreau"), User(pk=2, username="ben")]
        self.calls: dict[UUID, Call] = {}
        self.legs: dict[UUID, list[Leg]] = {}
        self.presences: dict[UUID, list[Presence]] = {}
        self.actions: dict[UUID, list[Action]] = {}

    # What happens ----------------------------------------------------------------------------------------------

    def change(self, kind: str = "", *words: str) -> None:
        self.now += timedelta(milliseconds=self.rng.randrange(1, 4_000))
        if not kind:
            kind, *words = self.rng.choice(CHANCES)
        calls = list(self.calls.values()) if kind in ("reopen", "late_word") else self.live()
        if kind == "begin" or not calls:
            return self.begin()
        getattr(self, kind)(self.rng.choice(calls), *words)

    def live(self) -> list[Call]:
        return [call for call in self.calls.values() if call.ended_at is None and call.merged_into_id is None]

    def publish(self, *calls: Call) -> None:
        for call in sorted(calls, key=lambda call: call.pk):
            self.revision += 1
            call.position.revision = self.revision
            call.position.shape += 1
            call.heard_at = self.now

    def begin(self) -> None:
        inbound = self.rng.random() < 0.7
        line = self.rng.choice(self.lines)
        ours, theirs = line.address if line else "sip:desk@pbx.example.com", self.number()
        call = Call(
            id=UUID(int=self.rng.getrandbits(128), version=4), direction="inbound" if inbound else "outbound-api",
            from_number=theirs if inbound else ours, to_number=ours if inbound else theirs,
            line=line, team=self.rng.choice(self.teams), started_at=self.now, status_since=self.now,
        )  # fmt: skip
        call.position = Position(call=call, shape=0)
        self.calls[call.pk], self.legs[call.pk] = call, []
        self.presences[call.pk], self.actions[call.pk] = [], []
        self.leg_joins(call)

    def number(self) -> str:
        digits = f"+1415555{self.rng.randrange(10_000):04d}"
        return self.rng.choice([digits, digits, f"sip:{digits}@example.com", "anonymous"])

    def call_status(self, call: Call, status: str) -> None:
        call.status, call.status_since = status, self.now
        call.agent = self.rng.choice([None, *self.agents])
        call.unverified_since = self.rng.choice([None, None, None, self.now])
        self.publish(call)

    def leg_joins(self, call: Call) -> None:
        legs = self.legs[call.pk]
        first = not legs
        legs.append(
            Leg(
                sid=f"CA{self.rng.getrandbits(128):032x}", call=call, parent=None if first else legs[0],
                role="caller" if first else self.rng.choice(Leg.Role.values), started_at=self.now,
                direction=call.direction if first else "outbound-dial", status="ringing" if first else "initiated",
                from_number=call.from_number,
                to_number=call.to_number if first else self.rng.choice(["client:ana", self.number()]),
                agent=None if first else self.rng.choice([None, *self.agents]),
            )
        )  # fmt: skip
        self.publish(call)

    def leg_moves(self, call: Call, status: str) -> None:
        leg = self.rng.choice(self.legs[call.pk])
        leg.status = status
        over = LEG_STATUSES.index(leg.status) > 3
        leg.ended_at, leg.duration = (self.now, self.rng.randrange(500)) if over else (None, None)
        leg.answered_at = self.now if leg.status == "in-progress" else leg.answered_at
        self.publish(call)

    def hold(self, call: Call) -> None:
        legs = self.legs[call.pk]
        room = Room(sid="CF" + legs[0].sid[2:], call=call)
        self.presences[call.pk] = [
            Presence(
                room=room,
                leg=leg,
                present=True,
                held=self.rng.random() < 0.3,
                muted=self.rng.random() < 0.3,
                coaching=self.rng.random() < 0.2,
            )
            for leg in self.rng.sample(legs, self.rng.randrange(1, len(legs) + 1))
        ]
        for seat in self.presences[call.pk]:
            seat.held_since = self.now if seat.held else None
        self.publish(call)

    def wish(self, call: Call) -> None:
        action = Action(
            id=UUID(int=self.rng.getrandbits(128), version=4), call=call, by=self.rng.choice(self.people), verb="end",
            target="call", requested_at=self.now,
        )  # fmt: skip
        self.actions[call.pk].insert(0, action)
        self.publish(call)

    def action_moves(self, call: Call, state: str) -> None:
        if not self.actions[call.pk]:
            self.wish(call)
        action = self.rng.choice(self.actions[call.pk])
        message = self.rng.choice(["", "Twilio refused: +14155559999 is not a valid number (21211)."])
        action.become(state, at=self.now, message=message)
        self.publish(call)

    def team(self, call: Call) -> None:
        call.team = self.rng.choice(self.teams)
        self.publish(call)

    def end(self, call: Call, outcome: str) -> None:
        call.status, call.ended_at, call.status_since = Call.Status.ENDED, self.now, self.now
        call.outcome = outcome
        for leg in self.legs[call.pk]:
            leg.status, leg.ended_at = "completed", leg.ended_at or self.now
        self.publish(call)

    def merge(self, younger: Call) -> None:
        older = self.rng.choice(self.live())
        if older is not younger:
            younger.merged_into, younger.status, younger.ended_at = older, Call.Status.ENDED, self.now
            self.legs[older.pk] += self.legs[younger.pk]
            self.legs[younger.pk] = []
            self.publish(older, younger)

    def reopen(self, call: Call) -> None:
        if call.ended_at is not None and call.merged_into_id is None:
            call.status, call.ended_at, call.outcome, call.reopened_at = Call.Status.TALKING, None, "", self.now
            self.publish(call)

    def late_word(self, call: Call) -> None:
        """A report about a call that may have ended long ago."""
        self.publish(call)

    # What the tail would read ----------------------------------------------------------------------------------

    def cards(self, *, after: int | None = None) -> list[Card]:
        """The changed calls in the order of their revisions; without `after` all that are on the board."""
        if after is None:
            calls = self.live()
        else:
            calls = [call for call in self.calls.values() if call.revision > after]
        ordered = sorted(calls, key=lambda call: call.revision)
        return [card_of(call, self.legs[call.pk], self.actions[call.pk], self.presences[call.pk]) for call in ordered]


class Clock:
    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


class Page:
    """A browser at a desk of a hub in this process: hears at once, and keeps its board by the reducer's rules."""

    def __init__(self, hub: Hub, audience: Audience, *, acks: bool = True, user_id: int = 1) -> None:
        self.hub, self.acks = hub, acks
        self.board = Board()
        self.waiting: list[str] = []
        self.heard: list[dict] = []
        self.bytes = 0
        self.closed: int | None = None
        self.desk = Desk(self.waiting.append, self.close, "session", rights(audience, user_id), hub.clock())
        hub.enter(self.desk, "2026-10-02T14:00:00.000Z")

    def close(self, code: int) -> None:
        self.closed = code
        self.hub.leave(self.desk)

    def fetch(self) -> None:
        self.board.start(snapshot_of(self.hub, self.desk.rights.audience))

    def sync(self) -> None:
        self.hub.sync(self.desk, self.board.epoch, self.board.revision)

    def open(self) -> "Page":
        self.fetch()
        self.sync()
        return self

    def read(self) -> list[dict]:
        """Hear all that waits; answer a reload as a browser does."""
        heard: list[dict] = []
        while self.waiting:
            text = self.waiting.pop(0)
            self.bytes += len(text.encode())
            heard.append(message := json.loads(text))
            self.board.hear(message)
            if message["op"] == "reload":
                self.open()
        self.heard += heard
        if self.acks and heard:
            self.hub.acked(self.desk, self.desk.n)
            if self.waiting:
                heard += self.read()
        return heard


def snapshot_of(hub: Hub, audience: Audience) -> dict:
    return json.loads(gzip.decompress(hub.picture(audience).gzipped()))


def fresh(floor: Floor, audience: Audience) -> dict:
    """The calls of a board that was never updated: built now, from what there is now."""
    mirror = Mirror()
    mirror.start("new", floor.revision, floor.cards())
    texts = (card.text(audience) for card in mirror.cards.values())
    return {call["id"]: whole(call) for call in map(json.loads, filter(None, texts))}
