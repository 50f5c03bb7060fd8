"""What becomes of a wish after the click: rounds of following up in virtual time, and what is true in the end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from calls.control.perform import GRACE, LEASE
from calls.floor import outcomes
from calls.models import Action, Audit, Call
from tests.control.account import Account
from tests.control.conftest import SAID, SALES, TYPED, Clock
from tests.control.parties import Kind, Scene, goes_round

ROUND = 2.0  # virtual seconds between two rounds; in life it is one
BOUND = timedelta(seconds=60)
SLACK = timedelta(seconds=ROUND + 1)  # a round, and what the real clock adds
WILL_HAVE_ENDED = 120.0
IN_PARTS = 180.0  # seconds that a wish of several parts may be open
AFTERWARDS = 60.0  # seconds until what a caller is owed was done


def expected_at(action: Action) -> datetime:
    """When its plan expected the effect; for a wish that was never sent, when that was known."""
    return action.due_at - GRACE if action.due_at else action.requested_at + LEASE


def happened(account: Account, kind: str, caller: str, agent: str) -> bool:
    """Is what was wished true at Twilio?"""
    legs, seats = account.lines, account.room.places if account.room else {}
    return {
        "end": not legs[caller].live and not legs[agent].live,
        "end leg": not legs[agent].live,
        "transfer": "client:bo" in account.rung,
        "announce": (caller, SAID) in account.heard,
        "redirect": (caller, SALES) in account.heard,
        "hold": caller in seats and seats[caller].hold,
        "mute": agent in seats and seats[agent].muted,
        "kick": agent not in seats,
        "say": (caller, SAID) in account.heard,
        "raw": (caller, TYPED) in account.heard,
    }[kind]


def goes_on(action: Action, clock: Clock, tells: Callable[[], Any] = lambda: None, *, after: float = 0.0) -> Action:
    """Follow up, round by round, until it is settled. `after` so many seconds Twilio begins to tell what it has to."""
    passed = 0.0
    while action.open or passed < after:
        assert passed < WILL_HAVE_ENDED + action.plan["seconds"], f"still {action.state} after {passed} s"
        if passed >= after:
            tells()
        outcomes.follow_up()
        action.refresh_from_db()
        clock.goes_on(ROUND)
        passed += ROUND
    return action


def in_time(action: Action) -> bool:
    assert action.settled_at is not None
    return action.settled_at <= expected_at(action) + BOUND + SLACK


def as_twilio_has_it(account: Account, call: Call) -> bool:
    """Our legs are live if Twilio's are."""
    ours = {leg.sid: leg.ended_at is None for leg in call.legs.all()}
    return ours == {sid: line.live for sid, line in account.lines.items() if sid in ours}


def carries_on(scene: Scene, action: Action, clock: Clock, work: Callable[[], object] = goes_round) -> None:
    """Round by round, until it is settled."""
    passed = 0.0
    action.refresh_from_db()
    while action.open:
        assert passed < IN_PARTS, f"still {action.state} ({action.step}) after {passed} s"
        scene.account.tells()
        work()
        clock.goes_on(ROUND)
        passed += ROUND
        action.refresh_from_db()


def a_while_later(scene: Scene, clock: Clock) -> None:
    """What follows has followed: who was left alone is brought back, who is owed something got it."""
    for _ in range(int(AFTERWARDS / ROUND)):
        clock.goes_on(ROUND)
        scene.account.tells()
        goes_round()


def all_is_well(scene: Scene, kind: Kind, action: Action, clock: Clock) -> None:
    """A minute later: what was said is true, and nobody is lost or was rung twice."""
    assert in_time(action)
    a_while_later(scene, clock)
    assert (action.state == "confirmed") == kind.done(scene) or action.state == "abandoned", action.message
    assert Audit.objects.filter(action_id=action.pk).last().what == f"action.{action.state}"
    assert scene.in_company(), "the caller is gone, or alone with nobody to talk to"
    assert scene.account.rung.count(kind.rings) <= 1, "nobody is rung twice"
    assert as_twilio_has_it(scene.account, scene.call)
    done = Action.objects.filter(call=scene.call, state="confirmed").order_by("requested_at").last()
    waits = done is not None and done.verb in ("transfer", "hold")
    # Of what nobody knows (the ledger says: look who is there) a part may have been done, or was, as it says.
    in_part = action.state == "abandoned" or action.message.startswith("Only a part of it was accepted.")
    assert scene.is_held(scene.caller) == waits or in_part, f"the last that was done: {done}"
