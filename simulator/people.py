"""The people at the far ends: whether they answer, how long they wait and talk, what they key."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random

from .chance import between, happens
from .clock import Clock
from .settings import Behaviour, Habits

ANSWERS = frozenset({"answers", "busy", "no-answer", "rejects", "unreachable"})


@dataclass(frozen=True, slots=True)
class Manner:
    """What one person does in one call, in simulated seconds; None means for ever.

    They pick up (or say no) `after` so long; stand being connected to nobody for `waits`; talk for `talks`; and hang up
    `hang_up_after` the leg began in any case. Each of `digits` answers one prompt for digits, each of `says` one for
    speech or one beep; who has nothing to say there leaves a `message` of so many seconds. `answered_by`: see amd.py.
    """

    answer: str = "answers"
    after: float = 3.0
    talks: float | None = None
    waits: float | None = None
    hang_up_after: float | None = None
    digits: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    message: float = 5.0
    answered_by: str = "human"
    one_call: bool = False


def manner_of_callee(address: str, habits: Habits, rules: list[Behaviour], dice: Random) -> Manner:
    """A person with a softphone or a desk phone takes one call at a time; a number may lead to many."""
    alone = address.startswith(("client:", "sip:", "sips:"))
    busy, out, declines, talks = (
        happens(dice, chance) for chance in (habits.busy, habits.no_answer, habits.rejects, habits.callee_talks)
    )
    manner = Manner(
        answer="busy" if busy else "no-answer" if out else "rejects" if declines else "answers",
        after=between(dice, habits.answer_seconds),
        talks=between(dice, habits.callee_talk_seconds) if talks else None,
        waits=between(dice, habits.callee_waits_seconds) if habits.callee_waits_seconds else None,
        one_call=alone,
        message=between(dice, habits.message_seconds),
        answered_by="machine" if happens(dice, habits.machine) else "human",
    )
    rule = next((rule for rule in rules if fnmatchcase(address, rule.who)), None)
    if rule is None:
        return manner
    # A rule takes the place of chance: who has one does what it says, and of their own accord nothing else.
    return Manner(
        answer=rule.answer or "answers",
        after=manner.after if rule.after is None else rule.after,
        talks=rule.talks,
        waits=rule.waits,
        hang_up_after=rule.hang_up_after,
        digits=tuple(rule.digits or ()),
        says=tuple(rule.says or ()),
        message=manner.message if rule.message is None else rule.message,
        answered_by=rule.answered_by or "human",
        one_call=alone if rule.one_call is None else rule.one_call,
    )


def manner_of_caller(habits: Habits, dice: Random) -> Manner:
    impatient = happens(dice, habits.gives_up)
    return Manner(
        talks=between(dice, habits.caller_talk_seconds),
        waits=between(dice, habits.gives_up_seconds if impatient else habits.patience_seconds),
        digits=(dice.choice(habits.digits),) if habits.digits else (),
        says=(dice.choice(habits.says),) if habits.says else (),
        message=between(dice, habits.message_seconds),
    )


class Person:
    """One person on one leg. `hang_up` puts their receiver down."""

    def __init__(self, manner: Manner, clock: Clock, hang_up: Callable[[], None]):
        self.manner = manner
        self.connected = False
        self._digits = list(manner.digits)
        self._words = list(manner.says)
        self._talk_left = manner.talks
        self._talking_since = clock.now()
        self._clock = clock
        self._hang_up = hang_up
        self._mood: asyncio.TimerHandle | None = None
        self._limit: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """They are on the line: a caller from the first ring, a callee from the answer."""
        self._limit = self._later(self.manner.hang_up_after)
        self._mood = self._later(self.manner.waits)

    def connect(self, connected: bool) -> None:
        """Somebody to talk to has come, or gone."""
        if connected == self.connected:
            return
        self.connected = connected
        if connected:
            self._talking_since = self._clock.now()
        elif self._talk_left is not None:
            self._talk_left -= (self._clock.now() - self._talking_since).total_seconds()
        self._cancel(self._mood)
        self._mood = self._later(self._talk_left if connected else self.manner.waits)

    def next_digits(self) -> str | None:
        """What they key at a prompt; nothing once they have no more to say."""
        return self._digits.pop(0) if self._digits else None

    def next_words(self) -> str | None:
        """What they say where somebody listens."""
        return self._words.pop(0) if self._words else None

    def gone(self) -> None:
        self._cancel(self._mood)
        self._cancel(self._limit)

    def _later(self, seconds: float | None) -> asyncio.TimerHandle | None:
        if seconds is None:
            return None
        return asyncio.get_running_loop().call_later(self._clock.real(max(seconds, 0.0)), self._hang_up)

    @staticmethod
    def _cancel(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
