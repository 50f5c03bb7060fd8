"""What a leg is, given what was said of it: a fold over a *set* of statements. (Rooms: rooms.py; calls: settle.py.)

Reports arrive late, twice, out of order or not at all. Every register below is a join (least, greatest, union), so
order and repeats cannot matter by construction: there is no invalid transition and nothing to retry. No clock, no rows.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self

from calls.intake import taps as beside
from calls.intake.moments import EPOCH as EPOCH
from calls.intake.moments import milliseconds as milliseconds
from calls.intake.moments import moment as moment
from calls.intake.taps import TapState

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
BOT_STEP = "step=bot."

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
    parted: int | None = None  # greatest: its conversation with an AI agent was over
    taps: tuple[TapState, ...] = ()  # union by sid, joined (taps.py); as stored, plain tuples
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
    def with_bot_since(self) -> datetime | None:
        """By where it asked last: our flow has connected it with an AI agent, which has no leg of its own."""
        return self.resumed_at if BOT_STEP in self.resume_url else None

    @property
    def parted_at(self) -> datetime | None:
        return moment(self.parted)

    @property
    def tapped(self) -> list[TapState]:
        """What runs beside it, or did."""
        return [TapState(*tap) for tap in self.taps]

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
    taps = state.taps if not statement.taps else beside.joined(state.taps, statement.taps)
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
        greatest(state.parted, statement.parted),
        taps,
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
