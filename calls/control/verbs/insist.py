"""A wish that cannot wait: while cards are read aloud a recording is paused within seconds, or the talk is stopped.

Without a certain answer it is asked for again at once, three times within five seconds (it is absolute: twice does no
harm). Confirmed it is by a look alone; whatever is not confirmed by then is told as not done.
"""

import time

from django.utils import timezone

from calls.control import asking, perform
from calls.control.asking import State, Verb
from calls.models import Action

TRIES, SLOT = 3, 1.6  # seconds a try, with the look at what came of it
ANSWER = 1.2  # of those, for Twilio's answer
AGAIN = ("429", "unreachable", "conflict")  # was not done, and may be now
STILL = "Assume that it still records, and stop the card talk."
UNSURE = f"Twilio has not confirmed it. {STILL}"
BEFORE = (State.REQUESTED, State.ACCEPTED, State.UNKNOWN)


def insist(action: Action, verb: Verb, *, until: float) -> None:
    """Claim it and ask, again and again; what is still open then stays open, and is looked after (floor.outcomes)."""
    sent = False
    # The healer leaves it alone for as long as this takes.
    Action.objects.filter(pk=action.pk).update(looked_at=timezone.now())
    for _ in range(TRIES):
        end = min(until, time.monotonic() + SLOT)
        if not perform.claim(action, BEFORE):
            return
        outcome, code, message, answers = asking.ask(verb, action, end - SLOT + ANSWER)
        again = outcome == State.FAILED and code in AGAIN
        if outcome == State.FAILED and sent:
            outcome, code = State.UNKNOWN, "unknown"  # the first request may have done it
        # First what it is now, then what was answered: a look may settle the wish.
        legs = [] if action.part["sends"] else asking.looked_at(action.part["looks"], end)
        asking.take_in([*answers, *legs, *asking.looked_beside(action, end)])
        sent = sent or not again
        if again:
            perform.conclude(action, State.UNKNOWN if sent else State.REQUESTED, code, message)
        else:
            perform.conclude(action, outcome, code, f"{message} {STILL}" if outcome != State.ACCEPTED else message)
        if settled(action, end if outcome == State.ACCEPTED or again else 0):
            return
    give_up(action, sent=sent)


def settled(action: Action, end: float) -> bool:
    """Whether a report has settled it by `end` (time.monotonic); looked at least once."""
    while True:
        action.refresh_from_db()
        if not action.open:
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(0.1)


def give_up(action: Action, *, sent: bool) -> None:
    """Nothing was confirmed: the supervisor is told so, and the healer looks on."""
    state, code = (State.UNKNOWN, "unknown") if sent else (State.FAILED, "unreachable")
    message = UNSURE if sent else f"Nothing was sent. {STILL}"

    def unsure(current: Action) -> dict[str, object]:
        return current.become(state, at=timezone.now(), code=code, message=message)

    perform.move(action, from_states=BEFORE, attempt=action.attempt, change=unsure)
