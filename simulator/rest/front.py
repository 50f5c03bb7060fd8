"""The front of the REST API: who asks, what is asked, and the answer or refusal."""

import hmac
import time
from dataclasses import replace
from email.utils import formatdate
from urllib.parse import unquote

from ..clock import iso
from ..errors import Refused
from ..exchange import Exchange
from ..skew import skewed_json
from ..web import Request, Response
from . import faults
from .form import Form
from .known import refusal, unknown
from .media import media
from .pages import MOST
from .routes import route
from .shapes import VERSION, account_json

PREFIX = f"/{VERSION}/"


async def answer(exchange: Exchange, request: Request) -> Response:
    """Answers a request to /2010-04-01/…, and writes down what was asked and what became of it.

    `status` is None where no answer will come; `acted` says whether what was asked for was done.
    """
    began = time.monotonic()
    fault = faults.hitting(exchange, request)
    most = exchange.settings.rest_concurrency
    if most and exchange.asking > most:
        response, acted = Response(429, Refused(20429).body()), False
    else:
        response, acted = faults.answered(fault, request, lambda asked: _performed(exchange, asked))
    if skew := exchange.settings.faults.clock_skew:
        response = replace(response, content=skewed_json(response.content, skew))
    exchange.asked.append(
        {
            "number": exchange.count("asked"),
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
    about = {
        "Twilio-Concurrent-Requests": str(exchange.asking),
        "Twilio-Request-Duration": f"{time.monotonic() - began:.3f}",
        "X-Home-Region": "us1",
        # A real date, as HTTP's time-outs are real, but off Twilio's clock.
        "Date": formatdate(time.time() + exchange.settings.faults.clock_skew, usegmt=True),
    }
    return replace(response, headers={**about, **response.headers})


def _performed(exchange: Exchange, request: Request) -> Response:
    try:
        return _answer(exchange, request)
    except Refused as refused:
        return Response(refused.status, refused.body())


def _answer(exchange: Exchange, request: Request) -> Response:
    account, _, rest = request.path.removeprefix(PREFIX).removeprefix("Accounts/").partition("/")
    _let_in(exchange, request, account.removesuffix(".json"))
    fields = request.form if request.method == "POST" else request.query
    form = Form(fields, skew=exchange.settings.faults.clock_skew)
    if not rest and account.endswith(".json") and request.method == "GET":
        return Response(200, account_json(exchange))
    if not rest.endswith(".json"):
        return media(exchange, request.path, rest)
    parts = [unquote(part) for part in rest.removesuffix(".json").split("/")]
    if (code := refusal(request.method, parts)) is not None:
        raise Refused(code, request.path)
    size = form.get("PageSize")
    if size.isdigit() and int(size) > MOST and exchange.settings.choices.page_size_too_large == "20007":
        raise Refused(20007)
    if ignored := unknown(request.method, parts, [name for name, _ in form.fields]):
        exchange.note(20001, url=request.path, detail=f"{', '.join(ignored)} is not known here and was ignored")
    return route(exchange, request.method, parts, form, request.path)


def has_login(exchange: Exchange, request: Request) -> bool:
    """The account with one of its tokens, or an API key with its secret."""
    settings = exchange.settings
    name, secret = request.basic_auth() or ("", "")
    mine = [settings.auth_token, settings.secondary_token]
    allowed = mine if name == settings.account_sid else [settings.api_keys.get(name, "")]
    return any(one and hmac.compare_digest(one.encode(), secret.encode()) for one in allowed)


def _let_in(exchange: Exchange, request: Request, account: str) -> None:
    if not has_login(exchange, request) or account != exchange.settings.account_sid:
        raise Refused(20003)
