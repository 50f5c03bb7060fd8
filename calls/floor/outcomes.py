"""What became of a wish of which nothing more is heard: looked up, asked for again where that does no harm, settled.

None stays open: sixty seconds after its effect was expected, at the latest, it is confirmed, failed, or handed to a
person. Nothing here guesses; what Twilio says of a leg goes through `record`, and the proof decides as always.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from calls.control import asking, perform
from calls.control.perform import LEASE, move
from calls.control.proof import verdict
from calls.control.verbs import VERBS
from calls.control.verbs.redirecting import NOT_APPLIED
from calls.control.verbs.requests import live_room
from calls.failpoints import crash
from calls.models import OPEN_STATES, Action, Presence
from calls.twilio import gateway

LOOK_AGAIN = timedelta(seconds=10)
# Twilio asks for a document at once, and again three times if we do not answer within its 15 s.
NOT_STARTED = timedelta(seconds=30)
GIVE_UP = timedelta(seconds=40)  # after `due_at`, which is itself ten seconds after the effect was expected
ATTEMPTS = 3
PATIENCE = 5.0  # seconds for one look, or one more try
LOOKS = 4  # a round, that is a second; those come first that were never looked at, or longest ago
TRYING = timedelta(seconds=10)  # the lease of one more try: who dies of it is not waited for as long as at first
LAST_TRY = GIVE_UP - LOOK_AGAIN  # after `due_at`: its effect needs time to be seen
State = Action.State
log = logging.getLogger(__name__)
Fetch = Callable[[str], dict[str, Any]]


def fetch_leg(sid: str) -> dict[str, Any]:
    return gateway.fetch_leg(sid, until=time.monotonic() + PATIENCE)


def follow_up(fetch: Fetch = fetch_leg) -> None:
    """One round over all open wishes; once a second, in as many processes as like: each step is guarded.

    `fetch` asks Twilio for one leg (gateway.fetch_leg, or one that minds a pace); it may raise what that raises.
    """
    now = timezone.now()
    for action in Action.objects.filter(state=State.REQUESTED, sent_at=None).exclude(step=""):
        carry_on(action, now)
    quiet, over = now - LOOK_AGAIN, Q(lease_until=None) | Q(lease_until__lt=now)
    overdue = Q(over, state=State.REQUESTED, requested_at__lt=now - LEASE) | Q(over, state=State.SENDING)
    waiting = Q(state=State.UNKNOWN) | Q(state=State.ACCEPTED, sent_at__lt=quiet)
    reachable, looks = True, LOOKS
    due = Action.objects.filter(state__in=OPEN_STATES).filter(overdue | waiting)
    for action in due.order_by(F("looked_at").asc(nulls_first=True), "requested_at"):
        try:
            asked_before = action.looked_at
            reachable = settle(action, timezone.now(), fetch if reachable and looks else None) and reachable
            looks -= action.looked_at != asked_before
        except Exception:
            log.exception("The wish %s could not be followed up.", action.pk)


def carry_on(action: Action, now: datetime) -> None:
    """Send the part of a wish whose turn has come (control.plan.part). What it is built upon must hold still: the agent
    is taken out only while the other one is there."""
    try:
        if not action.repairs and (why := not_now(action, now)):
            become(action, State.FAILED, "not_sent", why)
            return
        perform.pursue(action, VERBS[action.verb], until=time.monotonic() + PATIENCE, lease=TRYING)
    except Exception:
        log.exception("The wish %s could not be carried on.", action.pk)


def not_now(action: Action, now: datetime) -> str:
    """Why this part is not sent any more; "" if it is."""
    if action.due_at is not None and now >= action.due_at:
        return "Only the first part was done: the desk was stopped before the rest. Look who is there, and wish again."
    legs = {leg.sid: leg for leg in perform.legs_of(action.call)}
    seats = {each.leg_id: each for each in Presence.objects.filter(leg__in=legs, present=True)}
    found = verdict(action.part_before["proof"], action.seen, legs, seats)
    if found is not None and found.state == State.CONFIRMED:
        return ""
    return (found.message if found else "") or "It changed again before the rest was done: look who is there."


def settle(action: Action, now: datetime, fetch: Fetch | None) -> bool:
    """One step for one wish. False if Twilio could not be asked; without `fetch` it is not."""
    if action.state == State.REQUESTED and action.step and action.sent_at is None:
        return True  # just now: its turn is in the next round
    if action.state == State.REQUESTED and action.sent_at is not None:
        become(action, State.UNKNOWN, "unknown", "The desk was stopped before it was tried again.")
        return True
    if action.state == State.REQUESTED:
        become(action, State.FAILED, "not_sent", "Nothing was sent: the desk was stopped before that. Wish it again.")
        return True
    if action.state == State.SENDING:
        become(action, State.UNKNOWN, "unknown", "The desk was stopped while it was sent. It may have happened.")
        return True
    answered = None  # nobody asked
    if fetch is not None and is_due(action, now) and my_turn(action, now):
        answered = look(action, fetch)
        action.refresh_from_db()
        if answered is not False and may_ask_again(action, now):
            until = time.monotonic() + PATIENCE
            again = (State.UNKNOWN, State.ACCEPTED)
            perform.pursue(action, VERBS[action.verb], until=until, from_states=again, lease=TRYING)
            action.refresh_from_db()
    if action.open:
        conclude(action, now, lives=bool(answered))
    return answered is not False


def is_due(action: Action, now: datetime) -> bool:
    """Unknown: at once. Accepted: when nothing has begun, or its effect is overdue."""
    overdue = action.due_at is not None and now >= action.due_at
    return action.state == State.UNKNOWN or overdue or not action.seen


def may_ask_again(action: Action, now: datetime) -> bool:
    """What does no harm twice, a few times, and as long as there is time to see what comes of it."""
    in_time = action.due_at is not None and now < action.due_at + LAST_TRY
    tries = ATTEMPTS * (1 + len(list(filter(None, action.step.split(".")))))
    return action.open and in_time and harmless_twice(action) and action.attempt < tries


def harmless_twice(action: Action) -> bool:
    """Whoever is called into a room would ring again, and what is said or heard on the way would begin anew."""
    once = ("add", "say", "step")
    return VERBS[action.verb].ABSOLUTE and not any(name in sent for sent in action.part["sends"] for name in once)


def my_turn(action: Action, now: datetime) -> bool:
    """Of several processes one looks, and nobody more often than every ten seconds."""
    mine = Action.objects.filter(pk=action.pk).filter(Q(looked_at=None) | Q(looked_at__lt=now - LOOK_AGAIN))
    return bool(mine.update(looked_at=now))


def look(action: Action, fetch: Fetch) -> bool | None:
    """Ask Twilio for the legs that the wish is about, and record what it says. False if it does not answer, None if it
    knows no such leg."""
    gone = False
    answers: asking.Answers = []
    for sid in legs_of(action):
        asked_at = timezone.now()
        try:
            answers.append(asking.Told(fetch(sid), asked_at, looked=True))
        except gateway.Refused as error:
            if error.code not in asking.GONE:
                return False
            gone = True
        except gateway.Unreachable:
            return False
    answers += seats(action)
    answers += asking.looked_beside(action, time.monotonic() + PATIENCE)
    crash("reconcile.after_read")
    asking.take_in(answers)
    return None if gone else True


def seats(action: Action) -> asking.Answers:
    """Who is in the room of the wish, and how. Of who is not there Twilio knows nothing."""
    room, found = live_room(action.plan.get("room", "")), []
    if room.startswith("call-"):
        found = rooms_named(room)
        room = next((told.resource["sid"] for told in found if told.resource.get("status") != "completed"), "")
    for sid in sorted({*action.part.get("looks", ()), *action.seen.get("legs", ())} if room.startswith("CF") else ()):
        asked_at = timezone.now()
        with contextlib.suppress(gateway.Refused, gateway.Unreachable):
            answer = gateway.fetch_participant(room, sid, until=time.monotonic() + PATIENCE)
            found.append(asking.Told(answer, asked_at, looked=True))
    return found


def rooms_named(name: str) -> asking.Answers:
    """A room of which nobody has told us: all its callbacks are lost, or late."""
    asked_at = timezone.now()
    with contextlib.suppress(gateway.Refused, gateway.Unreachable):
        return [asking.Told(room, asked_at) for room in gateway.rooms_named(name, until=time.monotonic() + PATIENCE)]
    return []


def legs_of(action: Action) -> list[str]:
    part, moved = action.part, action.plan.get("moves", ())
    ends = part.get("proof", {}).get("ended", ())
    return sorted({*ends, *moved, *part.get("looks", ()), *action.seen.get("legs", ())})


def conclude(action: Action, now: datetime, *, lives: bool) -> None:
    """The end of our patience. `lives`: Twilio was just asked, and did not say that the legs are gone."""
    spoken = any("step" in sent or "say" in sent for sent in action.part.get("sends", ()))
    by_document = spoken or is_for_a_turn(action)
    began_not = by_document and not action.seen and action.sent_at is not None and now - action.sent_at > NOT_STARTED
    if began_not and lives:
        message = "It did not happen: Twilio never asked for what was to be heard."
        become(action, State.FAILED, NOT_APPLIED, message)
    elif action.due_at is not None and now > action.due_at + GIVE_UP:
        message = "Nobody knows what became of it: look at the legs, and ask who is on the line."
        become(action, State.ABANDONED, "unknown", message)


def is_for_a_turn(action: Action) -> bool:
    """Of the music: it is not sent, Twilio asks for it (flows.queue)."""
    return bool(action.plan.get("facts", {}).get("turn"))


def become(action: Action, state: str, code: str, message: str) -> None:
    """Guarded: a report may have settled it, or another process tried again, while we looked."""

    def settled(current: Action) -> dict[str, Any]:
        return (current.learn if state == State.FAILED else current.become)(
            state, at=timezone.now(), code=code, message=message
        )

    move(action, from_states=(action.state,), attempt=action.attempt, change=settled)
