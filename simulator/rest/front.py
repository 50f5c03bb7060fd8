"""The front of the REST API: who asks, what is asked, and the answer or refusal."""

import hmac
import time
from dataclasses import replace
from urllib.parse import unquote

from ..clock import iso
from ..errors import Refused
from ..exchange import Exchange
from ..web import Request, Response
from . import faults
from .form import Form
from .known import unknown
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
    about = {
        "Twilio-Concurrent-Requests": str(exchange.asking),
        "Twilio-Request-Duration": f"{time.monotonic() - began:.3f}",
        "X-Home-Region": "us1",
    }
    return replace(response, headers={**about, **response.headers})


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
        return media(exchange, request.path, rest)
    parts = [unquote(part) for part in rest.removesuffix(".json").split("/")]
    size = form.get("PageSize")
    if size.isdigit() and int(size) > MOST and exchange.settings.choices.page_size_too_large == "20007":
        raise Refused(20007)
    if ignored := unknown(request.method, parts, [name for name, _ in form.fields]):
        exchange.note(20001, url=request.path, detail=f"{', '.join(ignored)} is not known here and was ignored")
    return route(exchange, request.method, parts, form, request.path)


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
