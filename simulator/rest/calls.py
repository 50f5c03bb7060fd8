"""/Calls. Source: https://www.twilio.com/docs/voice/api/call-resource"""

import re

from .. import switchboard
from ..calls import FINAL, Call
from ..errors import Refused
from ..exchange import Exchange
from ..legs import limit
from ..switchboard import Order
from ..web import Response
from .dates import fits
from .form import Form
from .pages import page
from .shapes import account_path, call_json

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
SEND_DIGITS = re.compile(r"[0-9A-D#*wW]{1,32}")


def create(exchange: Exchange, form: Form) -> Response:
    order = read_order(exchange, form)
    source = form.document()
    if source is None:
        raise Refused(21205, words="Url parameter is required.")
    if form.get("Url") and form.get("Twiml"):
        exchange.note(32019, detail="Url and Twiml given; Twiml was ignored")
    call = switchboard.ring_for(exchange, order, source)
    return Response(201, call_json(exchange, call))


def index(exchange: Exchange, form: Form) -> Response:
    named = {name: form.get(name) for name in ("Status", "To", "From", "ParentCallSid")}

    def wanted(call: Call) -> bool:
        return (
            named["Status"] in ("", call.rest_status)
            and named["To"] in ("", call.to)
            and named["From"] in ("", call.from_)
            and named["ParentCallSid"] in ("", call.parent.sid if call.parent else None)
            and fits(form, "StartTime", call.started_at)
            and fits(form, "EndTime", call.ended_at)
        )

    path, newest_first = f"{account_path(exchange)}/Calls.json", reversed(exchange.calls.values())
    shape = page(
        path, "calls", form, newest_first, wanted, lambda call: call.sid, lambda call: call_json(exchange, call)
    )
    return Response(200, shape)


def fetch(exchange: Exchange, call: Call) -> Response:
    return Response(200, call_json(exchange, call))


def update(exchange: Exchange, call: Call, form: Form) -> Response:
    """The answer shows the call as it is now: what was asked for happens after it.

    StatusCallbackEvent cannot be changed at all, StatusCallback only together with Url.
    """
    status = form.get("Status")
    if status and status not in ("canceled", "completed"):
        raise Refused(20001, f"Status must be canceled or completed, not {status}")
    if form.get("Url") and form.get("Twiml"):
        raise Refused(20001, "Url and Twiml are mutually exclusive")
    source = form.document()
    if status:
        switchboard.end(exchange, call, status)
    elif source is not None:
        switchboard.redirect(exchange, call, source)
        if form.get("Url"):
            call.fallback = form.fallback() or call.fallback
            call.callback = form.callback(exchange) or call.callback
    if form.get("TimeLimit") and not call.over:
        call.time_limit = form.seconds("TimeLimit", call.time_limit, most=86_400, code=20001)
        limit(exchange, call)
    return Response(200, call_json(exchange, call))


def delete(exchange: Exchange, call: Call) -> Response:
    if call.status not in FINAL:
        raise Refused(20009)
    del exchange.calls[call.sid]
    return Response(204)


def read_order(exchange: Exchange, form: Form, *, joined_events: bool = False) -> Order:
    """What /Calls and /Participants have in common: whom to call, from where, for how long, and where to report."""
    to, from_ = form.get("To"), form.get("From")
    if not to:
        raise Refused(21201)
    if not from_:
        raise Refused(21213)
    if not to.startswith(("client:", "sip:", "sips:")):
        if not NUMBER.fullmatch(to):
            raise Refused(21211, to)
        if not NUMBER.fullmatch(from_):
            raise Refused(21212, from_)
        if not exchange.owns(from_):
            raise Refused(21210, from_)
    if form.has("SendDigits") and not SEND_DIGITS.fullmatch(form.get("SendDigits")):
        raise Refused(21206, form.get("SendDigits"))
    return Order(
        to=to,
        from_=from_,
        timeout=form.seconds("Timeout", 60, most=600, code=21208),
        time_limit=form.seconds("TimeLimit", 14_400, most=86_400, code=20001),
        callback=form.callback(exchange, joined=joined_events),
        fallback=form.fallback(),
        send_digits=form.get("SendDigits"),
    )
