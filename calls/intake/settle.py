"""What a call is, given its legs: one table of statuses, one of outcomes. Pure, and of the set alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from calls.intake.lifecycle import LegState

CALLER, SECOND = "caller", ("agent", "external", "consult", "bot", "")
FOR_PEOPLE = ("inbound", "queue")  # flows that are to end with somebody who answers
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
    speaks: bool = False  # in a room, to all who are there
    in_room: bool = False
    in_room_since: datetime | None = None
    with_bot_since: datetime | None = None  # an AI agent is connected to this leg itself: it has none of its own

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
    answered_at: datetime | None = None  # by another leg, a person or a bot: what our own flow connects is none
    ended_at: datetime | None = None
    ended_by: str = ""  # the role of who hung up


def settle(parties: Iterable[Party], *, direction: str, kind: str) -> CallState:
    """What a call is, given its legs. That an ended call stays ended is not decided here but by who records it.

    Supervisors do not keep a call alive, and legs that Twilio has yet to confirm do not count. But who speaks to the
    caller, a supervisor too, is somebody whom the caller talks to.
    """
    parties = list(parties)
    everyone = [party for party in parties if party.role != "supervisor" and not party.unverified]
    callers = [party for party in everyone if party.role == CALLER]
    second = [party for party in everyone if party.role != CALLER]
    started_at = _earliest(everyone, _started)
    answered_at = _earliest([party for party in second if party.was_answered], _answered)
    if not any(party.live for party in everyone):
        ended_at = _latest(everyone, _ended)
        outcome = _outcome(everyone, callers, second, direction, kind)
        return CallState("ended", ended_at, outcome, started_at, answered_at, ended_at, _ended_by(everyone))
    speakers = [party for party in parties if party.role == "supervisor" and party.speaks and not party.unverified]
    status, since = _now(callers, [*second, *speakers])
    return CallState(status, since or started_at, "", started_at, answered_at)


def _now(callers: list[Party], second: list[Party]) -> tuple[str, datetime | None]:
    """The status table: the first row that fits. `since` is made of the legs' times, so it depends on the set alone."""
    live = [party for party in second if party.live]
    talking = [party for party in live if party.talking]
    if callers and not any(party.live for party in callers):
        return "ending", _latest(callers, _ended)
    # Of a consultation one side waits: the caller or, while the agent is back with them, who is consulted.
    consulted = [party for party in talking if party.role == "consult"]
    held = [party for party in (*callers, *consulted) if party.live and party.held]
    agents = [party for party in talking if party.role == "agent"]
    if held and consulted and len(agents) + len(consulted) > 1:  # who was consulted once may consult another
        return "consulting", max(
            filter(None, (_earliest(agents, _answered), _latest(consulted, _answered))), default=None
        )
    if held:
        return "held", _earliest(held, _held_since)
    people = [party for party in talking if party.role != "bot"]
    if people:
        return "talking", _earliest(people, _answered)
    if talking:
        return "with-bot", _earliest(talking, _answered)
    if live:
        return "ringing", _earliest(live, _rang)
    over = (_latest(second, _ended), _latest(callers, _parted))
    alone = max(filter(None, (_earliest(callers, _arrived), *over)), default=None)
    waiting = [party for party in callers if party.live and party.in_room]
    if waiting:
        return "waiting", max(filter(None, (_earliest(waiting, _entered), _latest(second, _ended))), default=alone)
    # What connects them answers the call, and nobody tells us of that.
    with_bot = [party for party in callers if party.live and party.with_bot_since]
    if with_bot:
        return "with-bot", _earliest(with_bot, _to_bot)
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
    if direction == "inbound" and (second or kind in FOR_PEOPLE):
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


def _entered(party: Party) -> datetime | None:
    return party.in_room_since


def _to_bot(party: Party) -> datetime | None:
    return party.with_bot_since


def _parted(party: Party) -> datetime | None:
    return party.state.parted_at


def _held_since(party: Party) -> datetime | None:
    return party.held_since or party.state.answered_at
