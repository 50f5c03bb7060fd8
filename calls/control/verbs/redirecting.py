"""What transfer, announce and redirect have in common: a leg gets another document, and that document is ours.

Twilio is given an address (`Url=`) that is signed for this action and this call; that it was asked for is the first
sign of the effect. What is heard there is made of the action's plan, the same however often it is asked for.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from calls.control.plan import RING_SECONDS
from calls.models import Action, Call, Leg
from calls.twilio import gateway, twiml
from calls.twilio.reports import Report

ABSOLUTE = False  # asked for twice it begins anew
# So long the documents of a wish are given out; where its effect was seen, as long as the call lives.
FIRST_FETCH = timedelta(minutes=10)
NOT_APPLIED = "not_applied"  # the code of a wish of which nobody asked for a document
signer = Signer(salt="calls.twiml", sep="~")


def send(action: Action, wish: Mapping[str, Any], until: float) -> list[dict[str, Any]]:
    """Ask Twilio to fetch the document of this step; returns its answer (the Call resource)."""
    return [gateway.redirect_leg(wish["sid"], url=address(action, wish["step"]), until=until)]


def address(action: Action, step: str, *, door: str = "twilio-twiml", **query: object) -> str:
    path = reverse(door, args=[signer.sign(action.pk.hex)])
    return twiml.absolute(settings.PUBLIC_URL, path, call=action.call_id, a=action.pk, step=step, **query)


def action_of(signed: str) -> UUID | None:
    """The action that an address of ours was made for; None if it was not made by us."""
    try:
        return UUID(signer.unsign(signed))
    except (BadSignature, ValueError):
        return None


def too_late(action: Action, now: datetime) -> bool:
    """It was not done in time, and whoever asks now does not mean this wish."""
    done = action.state == Action.State.CONFIRMED
    return not done and action.sent_at is not None and now - action.sent_at > FIRST_FETCH


def back(action: Action, leg: Leg, report: Report) -> str:
    """Where the leg was, by the plan: its step, or `again` the one it talked to → over. A kind goodbye if nowhere."""
    way = action.plan["facts"].get("back")
    if report.step == "over":
        return goodbye(action, "thanks" if report.talked else "sorry")
    if way and way["contact"] and report.step == "again":
        return ring(action, leg, way["contact"], Leg.Role.AGENT, then="over")
    if way and way["url"]:
        return twiml.go_on(way_on(way["url"], action))
    if way and way["contact"]:
        return twiml.go_on(address(action, "again"))
    return goodbye(action, "sorry")


def ring(action: Action, leg: Leg, contact: str, role: str, *, then: str, sign: bool = False) -> str:
    """`sign`: the callbacks of the new leg name the action, and so prove it."""
    return twiml.ring(
        contact,
        action=address(action, then),
        status=reports_of(action, role, sign=sign),
        seconds=RING_SECONDS,
        caller_id=caller_id(action, leg),
    )


def reports_of(action: Action, role: str, *, sign: bool = True) -> str:
    """Where a leg reports that the wish dialled."""
    signs = {"a": action.pk} if sign else {}
    return twiml.absolute(settings.PUBLIC_URL, reverse("twilio-status"), call=action.call_id, role=role, **signs)


def url(door: str, call: Call, *, step: str, visit: int) -> str:
    """The address of a step of a flow, as it is given to the leg of a caller."""
    path = reverse(f"twilio-{door}")
    return twiml.absolute(settings.PUBLIC_URL, path, call=call.pk, role=Leg.Role.CALLER, step=step, visit=visit)


def goodbye(action: Action, step: str) -> str:
    """`thanks` or `sorry`: the flow's own last step."""
    query = {"call": action.call_id, "step": step, "back": action.pk.hex[:12]}
    return twiml.go_on(twiml.absolute(settings.PUBLIC_URL, reverse("twilio-voice"), **query))


def way_on(url: str, action: Action) -> str:
    """A step of ours, marked with the action that leads back to it: a new statement, though the step is an old one."""
    path, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("back=")]
    marked = "&".join([*kept, urlencode({"back": action.pk.hex[:12]})])
    return f"{settings.PUBLIC_URL}{path}?{marked}{twiml.OVERRIDE}"


def caller_id(action: Action, leg: Leg) -> str:
    """Who calls, if the leg's own address is none that a telephone can show (13214)."""
    line = action.call.line
    shown = leg.from_number if leg.direction == "inbound" else leg.to_number
    return line.address if line and line.address.startswith("+") and not shown.startswith("+") else ""


def taken_away(call_id: UUID, report: Report) -> bool:
    """At the end of a <Dial>: a supervisor ended the other leg, and that leg alone."""
    ends = Action.objects.filter(call=call_id, verb="end", target=report.dialled_sid).exclude(target="")
    return ends.exclude(state__in=(Action.State.REFUSED, Action.State.FAILED)).exists()
