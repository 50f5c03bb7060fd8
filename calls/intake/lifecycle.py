"""What a leg, a room and a call are, given what was said of them: a fold over a *set* of statements.

Reports arrive late, twice, out of order or not at all. Every register below is a join (least, greatest, union), so
order and repeats cannot matter by construction: there is no invalid transition and nothing to retry. No clock, no rows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Self

from calls.twilio.reports import Report, Source

EARLY = ("queued", "initiated", "ringing", "in-progress")
# From weak to strong, when two ends of one leg are equal in everything else.
ENDS = ("canceled", "no-answer", "busy", "failed", "completed")
RINGING, IN_PROGRESS, ENDED = 2, 3, 4
RANKS = {word: rank for rank, word in enumerate(EARLY)} | dict.fromkeys(ENDS, ENDED)
STRENGTH = dict.fromkeys(EARLY, 0) | {word: strength for strength, word in enumerate(ENDS)}
# Said in passing (a TwiML request, a Dial action of the child, a room of its people) < a callback < an answer by REST.
HEARSAY, CALLBACK, REST = 0, 1, 2
# Twilio's times are one second fine and durations are rounded: earlier than the explicit word by this is not earlier.
ROUNDING_MS = 2000

# rank, authority, sequence, exact, moment, strength. A report without a time takes that of its arrival, which can only
# be too late: among those the earliest wins (`moment` is the negative), and one with Twilio's own time beats them.
Key = tuple[int, int, int, int, int, int]
Named = tuple[tuple[int, int, int, int], str]  # (rank, authority, sequence, ms) and what was said


class LegState(NamedTuple):
    """All that is known of one leg. One report says a little of it (`statements`), `hear` joins any two.

    The registers; times in ms since 1970. Readers use the properties.
    """

    top: Key | None = None  # greatest: status and end
    first: int | None = None  # least
    rang: int | None = None  # least
    answered: int | None = None  # least over every proof that somebody was there
    told: int | None = None  # least over the explicit in-progress
    over: int | None = None  # least over every end: clocks differ, but nothing comes after it
    lasted: tuple[Key, int] | None = None  # greatest
    sip: tuple[Key, int] | None = None  # greatest
    parent: Named | None = None  # least, as the three that follow
    source: Named | None = None
    target: Named | None = None
    way: Named | None = None
    verdict: tuple[int, int, int, str] | None = None  # greatest: authority, exact, moment, answered by
    cost: tuple[int, str] | None = None  # greatest
    resume: tuple[int, str] | None = None  # greatest
    tapes: tuple[tuple[str, int], ...] = ()  # union by sid, the greatest state
    numbered: tuple[tuple[int, str, int], ...] = ()  # sequence number, word, ms: one of each number, the least
    ends: int = 0  # the ends that were heard, as bits
    clash: bool = False  # two different things were said where only one can be true

    @property
    def status(self) -> str:
        """Twilio's word; "queued" while nothing was heard (a stub)."""
        if self.top is None:
            return "queued"
        return ENDS[self.top[5]] if self.top[0] == ENDED else EARLY[self.top[0]]

    @property
    def live(self) -> bool:
        return self.top is None or self.top[0] != ENDED

    @property
    def started_at(self) -> datetime | None:
        return moment(self.first)

    @property
    def ringing_at(self) -> datetime | None:
        return moment(_no_later(self.rang, self.answered, self.over))

    @property
    def answered_at(self) -> datetime | None:
        """The earliest proof that it was answered; may become earlier with another report, never later."""
        return moment(_no_later(self.answered, self.over))

    @property
    def inferred(self) -> bool:
        """`answered_at` is not from an explicit in-progress but from something that cannot be without one."""
        answered = _no_later(self.answered, self.over)
        return answered is not None and (self.told is None or self.told - answered > ROUNDING_MS)

    @property
    def ended_at(self) -> datetime | None:
        if self.top is None or self.top[0] != ENDED:
            return None
        return moment(abs(self.top[4]))

    @property
    def duration(self) -> int | None:
        """Seconds, as Twilio counts them; None until told."""
        return self.lasted[1] if self.lasted else None

    @property
    def sip_code(self) -> int | None:
        return self.sip[1] if self.sip else None

    @property
    def parent_sid(self) -> str:
        return self.parent[1] if self.parent else ""

    @property
    def from_number(self) -> str:
        return self.source[1] if self.source else ""

    @property
    def to_number(self) -> str:
        return self.target[1] if self.target else ""

    @property
    def direction(self) -> str:
        return self.way[1] if self.way else ""

    @property
    def answered_by(self) -> str:
        return self.verdict[3] if self.verdict else ""

    @property
    def price(self) -> Decimal | None:
        return Decimal(self.cost[1]) if self.cost else None

    @property
    def resume_url(self) -> str:
        """Where the leg last asked what to do: an interruption ends in a redirect to it."""
        return self.resume[1] if self.resume else ""

    @property
    def recordings(self) -> dict[str, str]:
        """By RecordingSid: in-progress, failed, absent or completed."""
        return {sid: TAPES[state] for sid, state in self.tapes}

    @property
    def conflict(self) -> bool:
        """Twilio contradicted itself: two ends, two parents, two events with one number. Shown, not resolved."""
        return self.clash or self.ends & (self.ends - 1) != 0

    def as_json(self) -> dict[str, Any]:
        """The registers that hold something, as they are stored on the row."""
        return _filled(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**_known(cls, stored))


NOTHING = LegState()
# What one report says of one leg is the state of a leg of which nothing else is known.
Statement = LegState


def hear(state: LegState, statement: Statement) -> LegState:
    """The join of both: commutative, associative, idempotent. The same object if there was nothing new in it."""
    if state is NOTHING:
        return statement
    tapes = state.tapes if not statement.tapes else _joined_tapes(state.tapes, statement.tapes)
    numbered, clash = state.numbered, state.clash or statement.clash
    if statement.numbered and statement.numbered != numbered:
        numbered, contradiction = _joined_numbers(numbered, statement.numbered)
        clash = clash or contradiction
    joined: tuple[Any, ...] = (
        _greatest(state.top, statement.top),
        _least(state.first, statement.first),
        _least(state.rang, statement.rang),
        _least(state.answered, statement.answered),
        _least(state.told, statement.told),
        _least(state.over, statement.over),
        _greatest(state.lasted, statement.lasted),
        _greatest(state.sip, statement.sip),
        _least(state.parent, statement.parent),
        _least(state.source, statement.source),
        _least(state.target, statement.target),
        _least(state.way, statement.way),
        _greatest(state.verdict, statement.verdict),
        _greatest(state.cost, statement.cost),
        _greatest(state.resume, statement.resume),
        tapes,
        numbered,
        state.ends | statement.ends,
        clash
        or _differ(state.parent, statement.parent)
        or _differ(state.source, statement.source)
        or _differ(state.target, statement.target)
        or _differ(state.way, statement.way),
    )
    return state if joined == state else LegState(*joined)


def _greatest(a: Any, b: Any) -> Any:
    return a if b is None or (a is not None and a >= b) else b


def _least(a: Any, b: Any) -> Any:
    return a if b is None or (a is not None and a <= b) else b


def _no_later(ms: int | None, *bounds: int | None) -> int | None:
    return None if ms is None else min([ms, *(bound for bound in bounds if bound is not None)])


def _differ(a: Named | None, b: Named | None) -> bool:
    return a is not None and b is not None and a[1] != b[1]


def _joined_tapes(a: tuple[tuple[str, int], ...], b: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    tapes = dict(a)
    for sid, state in b:
        tapes[sid] = max(state, tapes.get(sid, state))
    return tuple(sorted(tapes.items()))


def _joined_numbers(
    a: tuple[tuple[int, str, int], ...], b: tuple[tuple[int, str, int], ...]
) -> tuple[tuple[tuple[int, str, int], ...], bool]:
    numbers = {event[0]: event for event in a}
    contradiction = False
    for event in b:
        known = numbers.setdefault(event[0], event)
        if known != event:
            contradiction = True
            numbers[event[0]] = min(known, event)
    return tuple(sorted(numbers.values())), contradiction


def _filled(state: Any) -> dict[str, Any]:
    return {name: value for name, value in zip(state._fields, state, strict=True) if value}


def _known(kind: Any, stored: dict[str, Any]) -> dict[str, Any]:
    """A register that a newer version of us stored is not ours to read; it can be made again of the reports."""
    return {name: _frozen(value) for name, value in stored.items() if name in kind._fields}


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def moment(ms: int | None) -> datetime | None:
    return None if ms is None else EPOCH + ms * _MS


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // _MS


# What a report says of which leg ---------------------------------------------------------------------------------

# Nothing orders "paused" and "in-progress" of a recording (no number, no time): assume that it still records.
TAPES = ("in-progress", "failed", "absent", "completed")
# Documents of ours that interrupt a flow: going back to one would play it again.
INTERRUPTIONS = ("twiml",)
PRESENT = (
    "participant-join",
    "participant-mute",
    "participant-unmute",
    "participant-hold",
    "participant-unhold",
    "participant-modify",
    "participant-speech-start",
    "participant-speech-stop",
)


def statements(report: Report) -> list[tuple[str, Statement]]:
    """(CallSid, what the report says of that leg). Of the leg that it is about, and of one that it only mentions."""
    said = []
    if report.call_sid:
        said.append((report.call_sid, _of_the_call(report)))
    if report.dialled_sid and report.dialled_sid != report.call_sid:
        said.append((report.dialled_sid, _of_the_dialled(report)))
    return said


def _of_the_call(report: Report) -> Statement:
    authority = {Source.CALLBACK: CALLBACK, Source.TWIML: HEARSAY, Source.REST: REST}[report.source]
    word, explicit = report.status, report.source is Source.CALLBACK
    if not word and (report.event in PRESENT or report.door == "amd" and report.answered_by):
        word, authority, explicit = "in-progress", HEARSAY, False
    return _statement(
        report,
        word,
        authority=authority,
        explicit=explicit,
        sequence=report.sequence if not report.event else None,
        duration=report.duration,
        sip_code=report.sip_code,
        parent=report.parent_sid,
    )


def _of_the_dialled(report: Report) -> Statement:
    """What a Dial action says of the child. "completed" proves nothing: it may live on, redirected away."""
    word = report.dial_status if report.dial_status in ("busy", "no-answer", "failed", "canceled") else ""
    if report.bridged:
        word = "in-progress"
    statement = _statement(report, word, authority=HEARSAY, explicit=False, parent=report.call_sid, mentioned=True)
    if report.bridged and report.dial_duration and statement.answered is not None:
        answered = statement.answered - report.dial_duration * 1000
        statement = statement._replace(answered=answered, first=answered)
    return statement


def _statement(
    report: Report,
    word: str,
    *,
    authority: int,
    explicit: bool,
    sequence: int | None = None,
    duration: int | None = None,
    sip_code: int | None = None,
    parent: str = "",
    mentioned: bool = False,
) -> Statement:
    """`mentioned`: the report is about another leg, whose numbers and recordings are not this one's."""
    # A live Call resource has no time of its own but that of our question.
    exact = report.at is not None and (report.source is not Source.REST or report.ended_at is not None)
    ms = milliseconds(report.at or report.received_at)
    number = -1 if sequence is None else sequence
    rank = RANKS.get(word, -1)
    key = (rank, authority, number, int(exact), ms if exact else -ms, STRENGTH[word]) if word else None
    ended = key if rank == ENDED else None
    answered = ms if rank == IN_PROGRESS else None
    if word == "completed" and duration:
        answered = ms - duration * 1000
    times = [ms]
    if answered is not None:
        times.append(answered)
    if report.started_at and not mentioned:
        times.append(milliseconds(report.started_at))
    name = (rank if word else ENDED + 1, authority, number, ms)
    statement = LegState(
        top=key,
        first=min(times),
        rang=ms if rank == RINGING and authority != REST else None,
        answered=answered,
        told=ms if rank == IN_PROGRESS and explicit else None,
        over=ms if ended else None,
        lasted=(ended, duration) if ended and duration is not None else None,
        sip=(ended, sip_code) if ended and sip_code is not None else None,
        parent=(name, parent) if parent else None,
        numbered=((number, word, ms),) if word and number >= 0 else (),
        ends=1 << STRENGTH[word] if ended and authority != HEARSAY else 0,
    )
    if mentioned:
        return statement
    return statement._replace(
        source=(name, report.from_number) if report.from_number else None,
        target=(name, report.to_number) if report.to_number else None,
        way=(name, report.direction) if report.direction else None,
        verdict=(authority, int(exact), ms if exact else -ms, report.answered_by) if report.answered_by else None,
        cost=(milliseconds(report.received_at), str(report.price)) if report.price is not None else None,
        resume=(ms, report.url) if report.url and report.door not in INTERRUPTIONS else None,
        tapes=_tapes(report, ended is not None),
    )


def _tapes(report: Report, ended: bool) -> tuple[tuple[str, int], ...]:
    if not report.recording_sid:
        return ()
    # The last callback of a recorded leg names the finished recording.
    state = report.recording_status or ("completed" if ended else "in-progress")
    return ((report.recording_sid, TAPES.index(state) if state in TAPES else 0),)


# Rooms -----------------------------------------------------------------------------------------------------------

JOIN, STAY, HOLD, UNHOLD, LEAVE = range(5)
Flag = tuple[int, int, int]  # sequence, ms, 0 or 1


class PresenceState(NamedTuple):
    """One leg in one room, by what the room said. Whether it is still there depends on both as well: `attendance`."""

    latest: tuple[int, int, int] | None = None  # greatest: sequence, ms, 1 for a leave (which beats a join)
    joined: int | None = None  # least
    holds: tuple[tuple[int, int, int], ...] = ()  # union: sequence, ms, HOLD, UNHOLD or LEAVE
    muting: Flag | None = None  # greatest, as the three that follow
    holding: Flag | None = None
    coached: Flag | None = None
    closing: Flag | None = None

    @property
    def present(self) -> bool:
        return self.latest is not None and not self.latest[2]

    @property
    def joined_at(self) -> datetime | None:
        return moment(self.joined)

    @property
    def left_at(self) -> datetime | None:
        if self.latest is None or self.present:
            return None
        return moment(max(self.latest[1], self.joined or 0))

    @property
    def muted(self) -> bool:
        return bool(self.muting and self.muting[2])

    @property
    def hold(self) -> bool:
        return bool(self.holding and self.holding[2])

    @property
    def coaching(self) -> bool:
        return bool(self.coached and self.coached[2])

    @property
    def end_on_exit(self) -> bool:
        return bool(self.closing and self.closing[2])

    @property
    def hold_seconds(self) -> float:
        """Of the holds that are over."""
        return self._held(None)[0]

    @property
    def held_since(self) -> datetime | None:
        """Of the hold that is not."""
        return moment(self._held(None)[1]) if self.present and self.hold else None

    def _held(self, until: int | None) -> tuple[float, int | None]:
        total, since = 0, None
        for _, ms, kind in self.holds:
            if kind == HOLD:
                since = ms if since is None else since
            elif since is not None:
                total, since = total + max(0, ms - since), None
        if since is not None and until is not None:
            total, since = total + max(0, until - since), None
        return total / 1000, since

    def as_json(self) -> dict[str, Any]:
        return _filled(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**_known(cls, stored))


ABSENT = PresenceState()


def hear_presence(state: PresenceState, report: Report) -> PresenceState:
    """The state with what the report says of its leg in its room. A speech event says nothing that lasts."""
    if not report.event.startswith("participant-") or report.event.startswith("participant-speech"):
        return state
    number = -1 if report.sequence is None else report.sequence
    ms = milliseconds(report.at or report.received_at)
    left = report.event == "participant-leave"
    hold = {"participant-hold": True, "participant-unhold": False}.get(report.event, report.hold)
    muted = {"participant-mute": True, "participant-unmute": False}.get(report.event, report.muted)
    kind = LEAVE if left else {"participant-hold": HOLD, "participant-unhold": UNHOLD}.get(report.event, STAY)
    if report.event == "participant-join" and hold:
        kind = HOLD
    event = (number, ms, kind)
    holds = state.holds
    if kind in (HOLD, UNHOLD, LEAVE) and event not in holds:
        holds = tuple(sorted((*holds, event)))
    joined: tuple[Any, ...] = (
        _greatest(state.latest, (number, ms, int(left))),
        state.joined if left else _least(state.joined, ms),
        holds,
        _greatest(state.muting, _flagged(number, ms, muted)),
        _greatest(state.holding, _flagged(number, ms, hold)),
        _greatest(state.coached, _flagged(number, ms, report.coaching)),
        _greatest(state.closing, _flagged(number, ms, report.end_on_exit)),
    )
    return state if joined == state else PresenceState(*joined)


def _flagged(number: int, ms: int, value: bool | None) -> Flag | None:
    return None if value is None else (number, ms, int(value))


ROOM_STATUSES = ("init", "in-progress", "completed")


class RoomState(NamedTuple):
    """One conference. Its end is final."""

    rank: int = 0
    opened: int | None = None  # least
    ended: tuple[int, int] | None = None  # greatest: exact, moment

    @property
    def status(self) -> str:
        return ROOM_STATUSES[self.rank]

    @property
    def started_at(self) -> datetime | None:
        return moment(self.opened)

    @property
    def ended_at(self) -> datetime | None:
        return moment(max(abs(self.ended[1]), self.opened or 0)) if self.ended else None

    def as_json(self) -> dict[str, Any]:
        return _filled(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**_known(cls, stored))


EMPTY = RoomState()


def hear_room(state: RoomState, report: Report) -> RoomState:
    if report.event not in ("conference-start", "conference-end"):
        return state
    exact = report.at is not None
    ms = milliseconds(report.at or report.received_at)
    if report.event == "conference-end":
        joined = state._replace(rank=2, ended=_greatest(state.ended, (int(exact), ms if exact else -ms)))
    else:
        joined = state._replace(rank=max(1, state.rank), opened=_least(state.opened, ms))
    return state if joined == state else joined


@dataclass(frozen=True, slots=True)
class Attendance:
    """One leg in one room, by all that is known: what the room said, the leg's end and the room's end."""

    present: bool
    joined_at: datetime | None
    left_at: datetime | None
    muted: bool
    held: bool
    held_since: datetime | None
    coaching: bool
    end_on_exit: bool
    hold_seconds: float
    inferred: bool  # nobody said that it left


def attendance(presence: PresenceState, leg: LegState = NOTHING, room: RoomState = EMPTY) -> Attendance:
    """Who is gone is in no room, and nobody is in a room that is over, whatever else was said or comes later."""
    ends = [end for end in (leg.ended_at, room.ended_at) if end is not None]
    left_at = min([*ends, presence.left_at] if presence.left_at else ends, default=None)
    if left_at is not None and presence.joined_at is not None:
        left_at = max(left_at, presence.joined_at)
    present = presence.present and not ends
    held = present and presence.hold
    return Attendance(
        present=present,
        joined_at=presence.joined_at,
        left_at=left_at if presence.latest else None,
        muted=presence.muted,
        held=held,
        held_since=presence.held_since if held else None,
        coaching=present and presence.coaching,
        end_on_exit=presence.end_on_exit,
        hold_seconds=presence._held(milliseconds(left_at) if left_at and not present else None)[0],
        inferred=presence.present and bool(ends),
    )


# Calls -----------------------------------------------------------------------------------------------------------

CALLER, SECOND = "caller", ("agent", "external", "consult", "bot", "")
_HANGING_UP = ("caller", "agent", "external", "consult", "bot", "")


@dataclass(frozen=True, slots=True)
class Party:
    """One leg of a call as the table below sees it. `held` and the rest of the room come from `attendance`."""

    sid: str
    role: str
    state: LegState
    parent_sid: str = ""
    unverified: bool = False
    held: bool = False
    held_since: datetime | None = None
    in_room: bool = False

    @property
    def live(self) -> bool:
        return self.state.live and not self.unverified

    @property
    def talking(self) -> bool:
        return self.live and self.state.status == "in-progress"

    @property
    def was_answered(self) -> bool:
        return self.state.answered is not None or (self.state.status == "completed" and self.state.duration != 0)


@dataclass(frozen=True, slots=True)
class CallState:
    status: str
    since: datetime | None = None
    outcome: str = ""
    started_at: datetime | None = None
    answered_at: datetime | None = None  # by a person or a bot; that our menu picked up is not an answer
    ended_at: datetime | None = None
    ended_by: str = ""  # the role of who hung up


def settle(parties: Iterable[Party], *, direction: str, kind: str, in_queue: bool = False) -> CallState:
    """What a call is, given its legs. That an ended call stays ended is not decided here but by who records it.

    Supervisors who listen do not keep a call alive, and legs that Twilio has yet to confirm do not count.
    """
    everyone = [party for party in parties if party.role != "supervisor" and not party.unverified]
    callers = [party for party in everyone if party.role == CALLER]
    second = [party for party in everyone if party.role != CALLER]
    started_at = _earliest(everyone, _started)
    answered_at = _earliest([party for party in second if party.was_answered], _answered)
    if not any(party.live for party in everyone):
        ended_at = _latest(everyone, _ended)
        outcome = _outcome(everyone, callers, second, direction, kind)
        return CallState("ended", ended_at, outcome, started_at, answered_at, ended_at, _ended_by(everyone))
    status, since = _now(callers, second, in_queue)
    return CallState(status, since or started_at, "", started_at, answered_at)


def _now(callers: list[Party], second: list[Party], in_queue: bool) -> tuple[str, datetime | None]:
    """The status table: the first row that fits. `since` is made of the legs' times, so it depends on the set alone."""
    live = [party for party in second if party.live]
    talking = [party for party in live if party.talking]
    if callers and not any(party.live for party in callers):
        return "ending", _latest(callers, _ended)
    held = [party for party in callers if party.live and party.held]
    if held:
        return "held", _earliest(held, _held_since)
    agents = [party for party in talking if party.role == "agent"]
    consulted = [party for party in talking if party.role == "consult"]
    if agents and consulted:
        both = (_earliest(agents, _answered), _earliest(consulted, _answered))
        return "consulting", max(filter(None, both), default=None)
    people = [party for party in talking if party.role != "bot"]
    if people:
        return "talking", _earliest(people, _answered)
    if talking:
        return "with-bot", _earliest(talking, _answered)
    if live:
        return "ringing", _earliest(live, _rang)
    alone = max(filter(None, (_earliest(callers, _arrived), _latest(second, _ended))), default=None)
    if in_queue:
        return "waiting", alone
    if not any(party.talking for party in callers):
        return "ringing", _earliest(callers, _rang)
    return "in-menu", alone


def _outcome(everyone: list[Party], callers: list[Party], second: list[Party], direction: str, kind: str) -> str:
    if any(party.was_answered for party in second):
        return "completed"
    roots = [party for party in everyone if not party.parent_sid] or everyone
    root = min(callers or roots, key=lambda party: (party.state.first or 0, party.sid), default=None)
    if root is None:
        return "completed"
    if root.state.status != "completed":
        return {"no-answer": "missed"}.get(root.state.status, root.state.status)
    # Twilio answers a caller to run our TwiML, so the root is "completed" though nobody spoke to them.
    if direction == "inbound" and (second or kind == "inbound"):
        return "missed"
    return "completed"


def _ended_by(everyone: list[Party]) -> str:
    """Who hung up: of the last two in the conversation, the one that went first. On the same second: the caller."""
    answered = [party for party in everyone if party.was_answered and party.state.ended_at]
    if not answered:
        return ""
    times = sorted(party.state.ended_at for party in answered if party.state.ended_at)
    first = times[-2:][0]
    return min((party.role for party in answered if party.state.ended_at == first), key=_HANGING_UP.index)


When = Callable[[Party], datetime | None]


def _earliest(parties: Iterable[Party], when: When) -> datetime | None:
    return min((at for at in map(when, parties) if at is not None), default=None)


def _latest(parties: Iterable[Party], when: When) -> datetime | None:
    return max((at for at in map(when, parties) if at is not None), default=None)


def _started(party: Party) -> datetime | None:
    return party.state.started_at


def _rang(party: Party) -> datetime | None:
    return party.state.ringing_at or party.state.started_at


def _answered(party: Party) -> datetime | None:
    return party.state.answered_at


def _arrived(party: Party) -> datetime | None:
    return party.state.answered_at or party.state.started_at


def _ended(party: Party) -> datetime | None:
    return party.state.ended_at


def _held_since(party: Party) -> datetime | None:
    return party.held_since or party.state.answered_at
