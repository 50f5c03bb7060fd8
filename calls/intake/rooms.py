"""What a room is and who is in it, given what was said of them: folds over sets, as in lifecycle.py. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from calls.intake.lifecycle import NOTHING, LegState, filled, greatest, least, milliseconds, moment, understood
from calls.twilio.reports import Report

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
    looked: tuple[int, int, int, int, int] | None = None  # greatest: ms, and the four as REST said them then
    coaches: tuple[int, str] | None = None  # greatest: ms, the leg that alone hears this one

    @property
    def present(self) -> bool:
        return self.looked is not None if self.latest is None else not self.latest[2]

    @property
    def seen(self) -> int | None:
        """When it was last said to be there (ms); None if it left."""
        if self.latest is not None:
            return None if self.latest[2] else self.latest[1]
        return self.looked[0] if self.looked else None

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
        return self._now(self.muting, 1)

    @property
    def hold(self) -> bool:
        return self._now(self.holding, 2)

    @property
    def coaching(self) -> bool:
        return self._now(self.coached, 3)

    @property
    def end_on_exit(self) -> bool:
        return self._now(self.closing, 4)

    def _now(self, told: Flag | None, place: int) -> bool:
        """A look counts unless a callback tells of a later change."""
        if self.looked is not None and (told is None or self.looked[0] >= told[1]):
            return bool(self.looked[place])
        return bool(told and told[2])

    @property
    def whom(self) -> str:
        """The leg that alone hears this one, as far as anybody said whom."""
        return self.coaches[1] if self.coaches and self.coaching else ""

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
        return filled(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**understood(cls, stored))


ABSENT = PresenceState()


def hear_presence(state: PresenceState, report: Report) -> PresenceState:
    """The state with what the report says of its leg in its room. A speech event says nothing that lasts."""
    if report.door == "participant":
        return _seen_by_rest(state, report)
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
        greatest(state.latest, (number, ms, int(left))),
        state.joined if left else least(state.joined, ms),
        holds,
        greatest(state.muting, _flagged(number, ms, muted)),
        greatest(state.holding, _flagged(number, ms, hold)),
        greatest(state.coached, _flagged(number, ms, report.coaching)),
        greatest(state.closing, _flagged(number, ms, report.end_on_exit)),
        state.looked,
        state.coaches,
    )
    return state if joined == state else PresenceState(*joined)


def _seen_by_rest(state: PresenceState, report: Report) -> PresenceState:
    ms = milliseconds(report.at or report.received_at)
    four = (report.muted, report.hold, report.coaching, report.end_on_exit)
    looked = (ms, *(int(bool(flag)) for flag in four)) if report.looked_at else None
    joined = state._replace(
        looked=greatest(state.looked, looked),
        coaches=greatest(state.coaches, (ms, report.coaches) if report.coaches else None),
    )
    return state if joined == state else joined


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
        return filled(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**understood(cls, stored))


EMPTY = RoomState()


def hear_room(state: RoomState, report: Report) -> RoomState:
    if report.event not in ("conference-start", "conference-end"):
        return state
    exact = report.at is not None
    ms = milliseconds(report.at or report.received_at)
    if report.event == "conference-end":
        joined = state._replace(rank=2, ended=greatest(state.ended, (int(exact), ms if exact else -ms)))
    else:
        joined = state._replace(rank=max(1, state.rank), opened=least(state.opened, ms))
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
    coaches: str
    end_on_exit: bool
    hold_seconds: float
    inferred: bool  # nobody said that it left


def attendance(
    presence: PresenceState,
    leg: LegState = NOTHING,
    room: RoomState = EMPTY,
    elsewhere: Iterable[PresenceState] = (),
) -> Attendance:
    """Who is gone is in no room, and nobody is in a room that is over, or in two (`elsewhere`: the same leg in other
    rooms), whatever else was said or comes later."""
    ends = [end for end in (leg.ended_at, room.ended_at, moved_on(presence, elsewhere)) if end is not None]
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
        coaches=presence.whom if present else "",
        end_on_exit=presence.end_on_exit,
        hold_seconds=presence._held(milliseconds(left_at) if left_at and not present else None)[0],
        inferred=presence.present and bool(ends),
    )


def moved_on(presence: PresenceState, elsewhere: Iterable[PresenceState]) -> datetime | None:
    """When it came into another room after it was last said to be here: then a `leave` was lost."""
    here = presence.seen
    signs = [at for other in elsewhere for at in (other.joined, other.seen) if at is not None]
    return None if here is None else moment(min((at for at in signs if at > here), default=None))
