"""Redirect: a leg is handed over to a line's flow, to another application's document, or runs TwiML as it was typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from calls.control import dialling
from calls.control.cast import Cast, LegView
from calls.control.plan import Plan, Refusal
from calls.control.plan import raw as raw_plan
from calls.control.plan import redirect as redirect_plan
from calls.control.verbs import redirecting
from calls.control.verbs.cast import cast_of, legs_to_choose, over, refused
from calls.control.verbs.redirecting import ABSOLUTE, address, back, reports_of
from calls.control.verbs.transfer import lines
from calls.models import Action, Call, Destination, Leg, Rights
from calls.twilio import gateway, twiml
from calls.twilio.reports import Report
from calls.twilio.typed import LONGEST, BadTwiml, Typed, inline, typed

__all__ = ["ABSOLUTE", "EXCLUSIVE", "choices", "document", "plan", "send"]
EXCLUSIVE = True
FLOWS = (Destination.Kind.LINE, Destination.Kind.FLOW)


def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: destination (an id of the directory: a line or a flow) or twiml (needs `raw_twiml`); leg (a sid)."""
    if (done := over(call, "redirect")) is not None:
        return done
    cast = cast_of(call, legs)
    leg = cast.moved(fields.get("leg", ""))
    if fields.get("twiml"):
        return of_typed(cast, leg, fields["twiml"])
    pk = fields.get("destination", "")
    known = pk.isascii() and pk.isdecimal() and len(pk) < 10
    found = Destination.objects.of(call.team_id).filter(pk=pk, kind__in=FLOWS).first() if known else None
    if found is None:
        return refused("redirect", "destination", "There is no such flow for calls of this team.")
    facts = (
        {"line": found.line_id} if found.kind == Destination.Kind.LINE else {"url": found.url, "method": found.method}
    )
    return redirect_plan(cast, leg, name=found.name, facts=facts)


def of_typed(cast: Cast, leg: LegView | None, text: str) -> Plan:
    """Whoever may type TwiML may not call with it what they may not call otherwise."""
    try:
        document = typed(text)
    except BadTwiml as error:
        return refused("redirect", "twiml", f"This TwiML cannot be sent. {error}")
    number = ""
    for called in document.calls:
        checked = dialling.check(called, lines=lines())
        if isinstance(checked, Refusal):
            return refused(
                "redirect", "twiml", f"This TwiML cannot be sent: it calls {called[:60]!r}. {checked.message}"
            )
        if number:
            return refused("redirect", "twiml", "This TwiML cannot be sent: it calls more than one number.")
        number = checked
    return raw_plan(cast, leg, twiml=text, verbs=document.verbs, seconds=document.seconds, numbers=number)


def choices(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    places = Destination.objects.of(call.team_id).filter(kind__in=FLOWS).select_related("line")
    return {
        "destinations": [
            {"id": str(one.pk), "name": one.name, "kind": one.kind, "where": one.line.name if one.line else "elsewhere"}
            for one in places
        ],
        "legs": legs_to_choose(cast_of(call, legs)),
        "raw": rights.may("raw_twiml", call.team_id),
        "longest": LONGEST,
    }


def send(action: Action, wish: Mapping[str, Any], until: float) -> list[dict[str, Any]]:
    if "twiml" not in wish:
        return redirecting.send(action, wish, until)
    document: Typed = typed(wish["twiml"])
    whole = inline(document, then=address(action, "after"), status=reports_of(action, Leg.Role.EXTERNAL))
    return [gateway.redirect_leg(wish["sid"], twiml=whole, until=until)]


def document(action: Action, leg: Leg, report: Report) -> str:
    facts = action.plan["facts"]
    if report.step == "go" and "line" in facts:
        query = {"call": action.call_id, "a": action.pk, "step": f"line.{facts['line']}", "visit": 1}
        return twiml.go_on(twiml.absolute(settings.PUBLIC_URL, reverse("twilio-voice"), **query))
    if report.step == "leave":
        return twiml.go_on(facts["url"], method=facts["method"])
    return back(action, leg, report)
