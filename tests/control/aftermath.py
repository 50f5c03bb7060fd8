"""What becomes of a wish after the click: rounds of following up in virtual time, and what is true in the end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from calls.control.perform import GRACE, LEASE
from calls.floor import outcomes
from calls.models import Action, Call
from tests.control.account import Account
from tests.control.conftest import SAID, SALES, TYPED, Clock

ROUND = 2.0  # virtual seconds between two rounds; in life it is one
BOUND = timedelta(seconds=60)
SLACK = timedelta(seconds=ROUND + 1)  # a round, and what the real clock adds
WILL_HAVE_ENDED = 120.0


def expected_at(action: Action) -> datetime:
    """When its plan expected the effect; for a wish that was never sent, when that was known."""
    return action.due_at - GRACE if action.due_at else action.requested_at + LEASE


def happened(account: Account, kind: str, caller: str, agent: str) -> bool:
    """Is what was wished true at Twilio?"""
    legs = account.lines
    return {
        "end": not legs[caller].live and not legs[agent].live,
        "end leg": not legs[agent].live,
        "transfer": "client:bo" in account.rung,
        "announce": (caller, SAID) in account.heard,
        "redirect": (caller, SALES) in account.heard,
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
