"""What a leg is, given what was said of it: a fold over a *set* of statements. (Rooms: rooms.py; calls: settle.py.)

Reports arrive late, twice, out of order or not at all. Every register below is a join (least, greatest, union), so
order and repeats cannot matter by construction: there is no invalid transition and nothing to retry. No clock, no rows.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Self

from calls.twilio.reports import HISTORY, Report, Source

EARLY = ("queued", "initiated", "ringing", "in-progress")
# From weak to strong, when two ends of one leg are equal in everything else.
ENDS = ("canceled", "no-answer", "busy", "failed", "completed")
RINGING, IN_PROGRESS, ENDED = 2, 3, 4
RANKS = {word: rank for rank, word in enumerate(EARLY)} | dict.fromkeys(ENDS, ENDED)
STRENGTH = dict.fromkeys(EARLY, 0) | {word: strength for strength, word in enumerate(ENDS)}
# Said in passing (a TwiML request, a Dial action of the child, a room of its people) < a callback < an answer by REST.
HEARSAY, CALLBACK, REST = 0, 1, 2
BY_THEMSELVES, BY_REST = 1, 2  # who told of an end, as bits: Twilio unasked, or only when we asked
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
    told_by: int = 0  # who told of an end, as bits; union
    unasked: bool = False  # Twilio came with something about it by itself
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
    def healed(self) -> bool:
        """Its end is known because we asked: the callback is lost, or late. One that comes after all takes this away,
        because the state may depend on what was said and never on the order of it. Where nothing ever came by itself
        none was due: the account has other applications too, and their callbacks are theirs."""
        return self.unasked and self.told_by == BY_REST

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
    def resumed_at(self) -> datetime | None:
        """When it asked there."""
        return moment(self.resume[0]) if self.resume else None

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
        return filled(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**understood(cls, stored))


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
        greatest(state.top, statement.top),
        least(state.first, statement.first),
        least(state.rang, statement.rang),
        least(state.answered, statement.answered),
        least(state.told, statement.told),
        least(state.over, statement.over),
        greatest(state.lasted, statement.lasted),
        greatest(state.sip, statement.sip),
        least(state.parent, statement.parent),
        least(state.source, statement.source),
        least(state.target, statement.target),
        least(state.way, statement.way),
        greatest(state.verdict, statement.verdict),
        greatest(state.cost, statement.cost),
        greatest(state.resume, statement.resume),
        tapes,
        numbered,
        state.ends | statement.ends,
        state.told_by | statement.told_by,
        state.unasked or statement.unasked,
        clash
        or _differ(state.parent, statement.parent)
        or _differ(state.source, statement.source)
        or _differ(state.target, statement.target)
        or _differ(state.way, statement.way),
    )
    return state if joined == state else LegState(*joined)


def greatest(a: Any, b: Any) -> Any:
    return a if b is None or (a is not None and a >= b) else b


def least(a: Any, b: Any) -> Any:
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


def filled(state: Any) -> dict[str, Any]:
    return {name: value for name, value in zip(state._fields, state, strict=True) if value}


def understood(kind: Any, stored: dict[str, Any]) -> dict[str, Any]:
    """A register that a newer version of us stored is not ours to read; it can be made again of the reports."""
    return {name: frozen(value) for name, value in stored.items() if name in kind._fields}


def frozen(value: Any) -> Any:
    return tuple([frozen(item) for item in value]) if type(value) is list else value


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def moment(ms: int | None) -> datetime | None:
    return None if ms is None else EPOCH + ms * _MS


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // _MS


# What a report says of which leg ---------------------------------------------------------------------------------

# Nothing orders "paused" and "in-progress" of a recording (no number, no time): assume that it still records.
TAPES = ("in-progress", "failed", "absent", "completed")
# Where a leg can go on after an interruption: a step of its flow, or being put through. Not the interruption itself,
# and not the end of a <Dial>, which is asked for in vain when its caller is sent elsewhere.
RESUMED_AT = ("ring", "again")
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
    if report.lost:
        authority = HEARSAY  # our own conclusion: whatever Twilio says of the end is stronger
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
        told_by=_told_by(report) if ended else 0,
        unasked=report.source is not Source.REST,
    )
    if mentioned:
        return statement
    return statement._replace(
        source=(name, report.from_number) if report.from_number else None,
        target=(name, report.to_number) if report.to_number else None,
        way=(name, report.direction) if report.direction else None,
        verdict=(authority, int(exact), ms if exact else -ms, report.answered_by) if report.answered_by else None,
        cost=(milliseconds(report.received_at), str(report.price)) if report.price is not None else None,
        resume=(ms, resumed_at(report)) if report.url and (resumable(report) or leaves(report)) else None,
        tapes=_tapes(report, ended is not None),
    )


def _told_by(report: Report) -> int:
    """History is read, not heard: nobody waited for the callbacks of those legs."""
    if report.source is not Source.REST:
        return BY_THEMSELVES
    return 0 if report.door == HISTORY else BY_REST


def leaves(report: Report) -> bool:
    """Handed over to another application: nothing of ours is a place to go back to any more."""
    return report.door == "twiml" and report.step == "leave"


def resumed_at(report: Report) -> str:
    return "" if leaves(report) else report.url


def resumable(report: Report) -> bool:
    return report.door not in ("dial", "twiml") or (report.door == "twiml" and report.step in RESUMED_AT)


def _tapes(report: Report, ended: bool) -> tuple[tuple[str, int], ...]:
    if not report.recording_sid:
        return ()
    # The last callback of a recorded leg names the finished recording.
    state = report.recording_status or ("completed" if ended else "in-progress")
    return ((report.recording_sid, TAPES.index(state) if state in TAPES else 0),)
