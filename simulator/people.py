"""The people at the far ends: whether they answer, how long they wait and talk, what they key."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING, Any

from .chance import between, drawn, happens
from .clock import Clock, Timer
from .settings import Behaviour, Habits
from .ways import USUAL, Chosen, Persona, Turn, Ways, decided

if TYPE_CHECKING:
    from .conversation import Conversation

SPELLS = ("after", "talks", "waits", "hang_up_after", "message", "thinks")


@dataclass(frozen=True, slots=True)
class Manner:
    """What one person does in one call, in simulated seconds; None means for ever.

    They pick up (or say no) `after` so long; stand being connected to nobody for `waits`; talk for `talks`; and hang up
    `hang_up_after` the leg began in any case. Each of `digits` answers one prompt for digits, each of `says` one for
    speech or one beep; who has nothing to say there leaves a `message` of so many seconds. They think `thinks` before
    they press or speak. `answered_by`: see amd.py.
    `greets` is said as soon as they have answered; the turns of their `conversation` are taken while they are connected
    (conversation.py).
    """

    answer: str = "answers"
    after: float = 3.0
    talks: float | None = None
    waits: float | None = None
    hang_up_after: float | None = None
    digits: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    message: float = 5.0
    thinks: float = 1.0
    answered_by: str = "human"
    one_call: bool = False
    persona: str = ""
    greets: str = ""
    conversation: tuple[Turn, ...] = ()


def manner_of_callee(
    address: str, habits: Habits, rules: list[Behaviour], dice: Random, personas: dict[str, Persona] | None = None
) -> Manner:
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
    persona, ways = decided(rule, personas or {}, dice)
    if persona == USUAL:
        return _with(manner, ways, persona, dice)
    # A rule takes the place of chance: who has one does what it says, and of their own accord nothing else.
    return _with(Manner(after=manner.after, message=manner.message, one_call=alone), ways, persona, dice)


def manner_of_caller(habits: Habits, dice: Random) -> Manner:
    impatient = happens(dice, habits.gives_up)
    return Manner(
        talks=between(dice, habits.caller_talk_seconds),
        waits=between(dice, habits.gives_up_seconds if impatient else habits.patience_seconds),
        digits=(dice.choice(habits.digits),) if habits.digits else (),
        says=(dice.choice(habits.says),) if habits.says else (),
        message=between(dice, habits.message_seconds),
    )


def manner_of_chosen_caller(
    chosen: Chosen, habits: Habits, dice: Random, personas: dict[str, Persona] | None = None
) -> Manner:
    """The usual caller has the habits of the others; everybody else does of their own accord what they are said to."""
    persona, ways = decided(chosen, personas or {}, dice)
    manner = manner_of_caller(habits, dice) if persona == USUAL else Manner()
    return _with(manner, ways, persona, dice)


def _with(manner: Manner, ways: Ways, persona: str, dice: Random) -> Manner:
    missed = ways.misses is not None and happens(dice, ways.misses)
    said: dict[str, Any] = {
        "answer": "no-answer" if missed else ways.answer,
        **{name: drawn(dice, getattr(ways, name)) for name in SPELLS},
        "digits": ways.digits and tuple(ways.digits),
        "says": ways.says and tuple(ways.says),
        "greets": ways.greets,
        "conversation": ways.conversation and tuple(Turn.read(line) for line in ways.conversation),
        "answered_by": ways.answered_by,
        "one_call": ways.one_call,
    }
    return replace(manner, persona=persona, **{name: value for name, value in said.items() if value is not None})


class Person:
    """One person on one leg. `hang_up` puts their receiver down; `conversation` is what they have to talk about."""

    def __init__(self, manner: Manner, clock: Clock, hang_up: Callable[[], None]):
        self.manner = manner
        self.hang_up = hang_up
        self.conversation: Conversation | None = None
        self.connected = False
        self._digits = list(manner.digits)
        self._words = list(manner.says)
        self._talk_left = manner.talks
        self._talking_since = clock.now()
        self._clock = clock
        self._mood: Timer | None = None
        self._limit: Timer | None = None

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
        if self.conversation is not None:
            self.conversation.go_on() if connected else self.conversation.break_off()

    def next_digits(self) -> str | None:
        """What they key at a prompt; nothing once they have no more to say."""
        return self._digits.pop(0) if self._digits else None

    def next_words(self) -> str | None:
        """What they say where somebody listens."""
        return self._words.pop(0) if self._words else None

    def next_answer(self) -> str | None:
        """What they say to a machine that talks with them: what they have for prompts, then their half of a script."""
        if words := self.next_words():
            return words
        return self.conversation.next_of_mine() if self.conversation is not None else None

    def gone(self) -> None:
        self._cancel(self._mood)
        self._cancel(self._limit)
        if self.conversation is not None:
            self.conversation.end()

    def _later(self, seconds: float | None) -> Timer | None:
        return None if seconds is None else self._clock.later(seconds, self.hang_up)

    @staticmethod
    def _cancel(timer: Timer | None) -> None:
        if timer is not None:
            timer.cancel()
