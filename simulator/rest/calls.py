"""/Calls. Source: https://www.twilio.com/docs/voice/api/call-resource"""

import re
from dataclasses import replace

from .. import amd, switchboard
from ..amd import Detection
from ..calls import FINAL, Call, CallbackPlan
from ..errors import Refused
from ..exchange import Exchange
from ..far_ends import SCHEME, destination
from ..legs import limit
from ..line import Source
from ..parameters import caller_of
from ..switchboard import Order
from ..web import Response
from .dates import fits
from .form import Form
from .pages import page
from .recordings import read_plan
from .shapes import account_path, call_json

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
SEND_DIGITS = re.compile(r"[0-9A-D#*wW]{1,32}")


def create(exchange: Exchange, form: Form) -> Response:
    order, source = read_order(exchange, form), form.document()
    if sid := form.get("ApplicationSid"):
        order, source = _for_application(exchange, order, sid)
    if source is None:
        raise Refused(21205, words="Url parameter is required.")
    call = switchboard.ring_for(exchange, replace(order, detection=read_detection(exchange, form)), source)
    if form.get("Url") and form.get("Twiml"):
        exchange.note(32019, subject=call.sid, detail="Url and Twiml given; Twiml was ignored")
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


def _for_application(exchange: Exchange, order: Order, sid: str) -> tuple[Order, Source]:
    """With an ApplicationSid, the application's URLs hold, and those of the request are ignored."""
    application = exchange.applications.get(sid)
    if application is None:
        raise Refused(21218, sid)
    fallback = application.voice_fallback_url
    callback = application.status_callback
    order = replace(
        order,
        fallback=Source(fallback, application.voice_fallback_method) if fallback else None,
        callback=CallbackPlan(callback, application.status_callback_method) if callback else None,
    )
    return order, Source(application.voice_url, application.voice_method)


def read_detection(exchange: Exchange, form: Form, *, participant: bool = False) -> Detection | None:
    """MachineDetection and its settings; with SendDigits it is ignored.

    AsyncAmd… are parameters of /Calls only, AmdStatusCallback… of /Participants (21263, a warning).
    Source: https://www.twilio.com/docs/voice/answering-machine-detection
    """
    wrong = ("AsyncAmd", "AsyncAmdStatusCallback") if participant else ("AmdStatusCallback",)
    if misplaced := next((name for name in wrong if form.has(name)), None):
        exchange.note(21263, detail=misplaced)
    mode = form.get("MachineDetection")
    if not mode or form.get("SendDigits"):
        return None
    if mode not in amd.MODES:
        raise Refused(21234, mode)
    if setting := amd.wrong_in(form.get):
        raise Refused(21234, setting)
    name = "AmdStatusCallback" if participant else "AsyncAmdStatusCallback"
    url = form.url(name, code=21209)
    asynchronous = participant or form.flag("AsyncAmd")
    if asynchronous and not url:
        exchange.note(21262, detail=name)
    callback = CallbackPlan(url, form.method(f"{name}Method")) if url else None
    return Detection(mode, amd.seconds_to_decide(form.get), callback, asynchronous)


def read_order(exchange: Exchange, form: Form, *, joined_events: bool = False) -> Order:
    """What /Calls and /Participants have in common: whom to call, from where, for how long, and where to report."""
    to, from_ = form.get("To"), form.get("From")
    if not to:
        raise Refused(21201)
    if not from_:
        raise Refused(21213)
    if (code := exchange.barred(to)) is not None:
        raise Refused(code, to)
    if to.startswith(SCHEME) and destination(to).sid not in exchange.applications:
        raise Refused(21218, to)
    if not to.startswith(("client:", "sip:", "sips:", "whatsapp:", SCHEME)):
        if not NUMBER.fullmatch(to):
            raise Refused(21211, to)
        if not NUMBER.fullmatch(from_):
            raise Refused(21212, from_)
        if not exchange.owns(from_) and from_ != caller_of(exchange, form.get("CallToken")):
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
        record=read_plan(exchange, form, "OutboundAPI") if form.flag("Record") else None,
    )
