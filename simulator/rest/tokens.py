"""The account's auth tokens: a secondary one is made, and takes the place of the primary one when it is promoted.

Both open the API; only the primary one signs. Source: https://www.twilio.com/docs/iam/api/authtoken
(at accounts.twilio.com, here beside the rest)
"""

from ..chance import new_sid
from ..errors import Refused
from ..exchange import Exchange
from ..web import Request, Response
from .front import has_login

PREFIX = "/v1/AuthTokens/"


def answer(exchange: Exchange, request: Request) -> Response:
    try:
        return _answer(exchange, request)
    except Refused as refused:
        return Response(refused.status, refused.body())


def _answer(exchange: Exchange, request: Request) -> Response:
    if not has_login(exchange, request):
        raise Refused(20003)
    settings = exchange.settings
    match request.method, request.path.removeprefix(PREFIX):
        case "POST", "Secondary":
            settings.secondary_token = new_sid("", exchange.chance.dice("auth token", exchange.count("auth tokens")))
            return Response(201, _shape(exchange, request) | {"secondary_auth_token": settings.secondary_token})
        case "DELETE", "Secondary" if settings.secondary_token:
            settings.secondary_token = ""
            return Response(204)
        case "POST", "Promote" if settings.secondary_token:
            settings.auth_token, settings.secondary_token = settings.secondary_token, ""
            return Response(200, _shape(exchange, request) | {"auth_token": settings.auth_token})
    raise Refused(20404, request.path)


def _shape(exchange: Exchange, request: Request) -> dict[str, object]:
    now = f"{exchange.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    about = {"account_sid": exchange.settings.account_sid, "url": request.path}
    return {**about, "date_created": now, "date_updated": now}
