"""The front of the REST API: who asks, what is asked, and the answer or refusal."""

import hmac
from dataclasses import replace
from urllib.parse import unquote

from ..clock import iso
from ..errors import Refused
from ..exchange import Exchange
from ..web import Request, Response
from . import calls, conferences, faults, numbers, participants
from .form import Form
from .shapes import VERSION, account_json

PREFIX = f"/{VERSION}/"


async def answer(exchange: Exchange, request: Request) -> Response:
    """Answers a request to /2010-04-01/…, and writes down what was asked and what became of it.

    `status` is None where no answer will come; `acted` says whether what was asked for was done.
    """
    fault = faults.hitting(exchange, request)
    response, acted = faults.answered(fault, request, lambda asked: _performed(exchange, asked))
    exchange.asked.append(
        {
            "method": request.method,
            "path": request.path,
            "params": request.form if request.method == "POST" else request.query,
            "status": None if response.delivery in ("reset", "silent") else response.status,
            "code": response.content.get("code")
            if response.status >= 400 and isinstance(response.content, dict)
            else None,
            "fault": fault.what if fault else None,
            "acted": acted,
            "at": iso(exchange.clock.now()),
        }
    )
    return replace(response, headers={"Twilio-Concurrent-Requests": "1", "X-Home-Region": "us1", **response.headers})


def _performed(exchange: Exchange, request: Request) -> Response:
    try:
        return _answer(exchange, request)
    except Refused as refusal:
        return Response(refusal.status, refusal.body())


def _answer(exchange: Exchange, request: Request) -> Response:
    account, _, rest = request.path.removeprefix(PREFIX).removeprefix("Accounts/").partition("/")
    _let_in(exchange, request, account.removesuffix(".json"))
    form = Form(request.form if request.method == "POST" else request.query)
    if not rest and account.endswith(".json"):
        return Response(200, account_json(exchange))
    if not rest.endswith(".json"):
        raise Refused(20404, request.path)
    parts = [unquote(part) for part in rest.removesuffix(".json").split("/")]
    return _route(exchange, request, parts, form)


def _let_in(exchange: Exchange, request: Request, account: str) -> None:
    """The account with its token, or an API key with its secret."""
    settings = exchange.settings
    name, secret = request.basic_auth() or ("", "")
    expected = {settings.account_sid: settings.auth_token, **settings.api_keys}.get(name)
    if (
        expected is None
        or not hmac.compare_digest(expected.encode(), secret.encode())
        or account != settings.account_sid
    ):
        raise Refused(20003)


def _route(exchange: Exchange, request: Request, parts: list[str], form: Form) -> Response:
    match request.method, parts:
        case "POST", ["Calls"]:
            return calls.create(exchange, form)
        case "GET", ["Calls"]:
            return calls.index(exchange, form)
        case method, ["Calls", sid] if (call := exchange.calls.get(sid)) is not None:
            match method:
                case "GET":
                    return calls.fetch(exchange, call)
                case "POST":
                    return calls.update(exchange, call, form)
                case "DELETE":
                    return calls.delete(exchange, call)
        case "GET", ["Conferences"]:
            return conferences.index(exchange, form)
        case "POST", ["Conferences", name, "Participants"]:
            return participants.create(exchange, name, form)
        case method, ["Conferences", sid, *further] if (conference := exchange.conferences.get(sid)) is not None:
            match method, further:
                case "GET", []:
                    return conferences.fetch(exchange, conference)
                case "POST", []:
                    return conferences.update(exchange, conference, form)
                case "GET", ["Participants"]:
                    return participants.index(exchange, conference, form)
                case _, ["Participants", who] if (seat := conference.seat_of(who)) is not None:
                    match method:
                        case "GET":
                            return participants.fetch(exchange, seat)
                        case "POST":
                            return participants.update(exchange, seat, form)
                        case "DELETE":
                            return participants.delete(exchange, seat)
                case _, ["Participants", _]:
                    raise Refused(20404, request.path)
        case "GET", ["IncomingPhoneNumbers"]:
            return numbers.index(exchange, form)
        case method, ["IncomingPhoneNumbers", sid] if (number := exchange.numbers.get(sid)) is not None:
            match method:
                case "GET":
                    return numbers.fetch(exchange, number)
                case "POST":
                    return numbers.update(exchange, number, form)
        case _:
            raise Refused(20404, request.path)
    raise Refused(20004)
