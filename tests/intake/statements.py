"""Reports made by hand, one at a time, and what is known of a leg after them."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from calls.intake.lifecycle import NOTHING, LegState, hear
from calls.intake.statements import statements
from calls.twilio.reports import Report, Source, from_rest, parse
from tests.intake.teller import ACCOUNT, BEGAN, stamp

CA, CHILD, CF, RE = "CA" + "1" * 32, "CA" + "2" * 32, "CF" + "3" * 32, "RE" + "4" * 32
LEG = {"AccountSid": ACCOUNT, "CallSid": CA, "From": "+14155550123", "To": "+15005550100"}
ROOM = {"AccountSid": ACCOUNT, "CallSid": CA, "ConferenceSid": CF, "FriendlyName": "room"}


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def says(
    door: str, params: dict[str, Any], *, came: float = 100, stamped: float | None = None, number: int | None = None
) -> Report:
    params = {name: str(value) for name, value in params.items()}
    if stamped is not None:
        params["Timestamp"] = stamp(at(stamped))
    if number is not None:
        params["SequenceNumber"] = str(number)
    return parse(
        door,
        Source.TWIML if door in ("voice", "dial", "gather", "twiml") else Source.CALLBACK,
        path=f"/twilio/{door}/",
        query="step=menu",
        pairs=list(params.items()),
        account_sid=ACCOUNT,
        received_at=at(came),
    )


def status(word: str, **how: Any) -> Report:
    timing = {name: how.pop(name) for name in ("came", "stamped", "number") if name in how}
    return says("status", LEG | {"CallStatus": word} | how, **timing)


def rest(word: str, asked: float = 100, **more: Any) -> Report:
    return from_rest({"sid": CA, "status": word} | more, asked_at=at(asked))


def room(event: str, when: float, number: int, **flags: Any) -> Report:
    return says("conference", ROOM | {"StatusCallbackEvent": event} | flags, stamped=when, number=number)


def known(*reports: Report, of: str = CA) -> LegState:
    """The leg after these, which is the same in every order."""
    states = []
    for order in itertools.permutations(reports) if len(reports) < 5 else [reports]:
        state = NOTHING
        for report in order:
            for sid, statement in statements(report):
                state = hear(state, statement) if sid == of else state
        states.append(state)
    assert all(state == states[0] for state in states)
    return states[0]
