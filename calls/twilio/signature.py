"""Twilio's doors let in what Twilio signed, and nothing else. One function verifies, one decorator asks it.

Signature first, schema after. Nothing here can be turned off, and no header but the signature's own takes part:
the signed address is made of PUBLIC_URL, never of Host or X-Forwarded-*.
"""

import hmac
import logging
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import unquote, urlparse, urlsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.encoding import escape_uri_path
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import HMAC_SHA256, RequestValidator

from calls.twilio.reports import Report, Source, parse
from calls.twilio.schema import MAX_NAMES, Nonsense

log = logging.getLogger(__name__)
MAX_SIGNATURE = 100
MAX_BODY = 64 * 1024
FORM = "application/x-www-form-urlencoded"
Pairs = Sequence[tuple[str, str]]


class TwilioRequest(HttpRequest):
    """A request that `from_twilio` let in."""

    report: Report


class Refused(Exception):
    """Not let in. The reason is for Twilio's debugger; there is none for those who are not Twilio."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Knock:
    """What came to a door, before anybody believes it. Path and query as they were on the wire."""

    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    signature: str
    settings_header: str = ""
    idempotency_token: str = ""
    remote: str = ""


# Verify ----------------------------------------------------------------------------------------------------------


def signed_url(public_url: str, path: str, query: str) -> str:
    """The address that Twilio signed: ours, with path and query as they were on the wire.

    With the port, because Twilio drops it or not and the SDK tries both; without user and password, which Twilio drops
    (https://www.twilio.com/docs/usage/security).
    """
    ours = urlsplit(public_url)
    url = f"{ours.scheme}://{ours.netloc.rpartition('@')[2]}{ours.path.rstrip('/')}{path}"
    return f"{url}?{query}" if query else url


def verify(
    *,
    url: str,
    pairs: Pairs,
    method: str,
    signature: str,
    settings_header: str = "",
    tokens: Sequence[str],
    webhook_keys: Mapping[str, str],
) -> bool:
    """Did Twilio sign this? By the SDK, with each auth token (current, next) or the named webhook key. Raises nothing.

    `pairs` are the decoded parameters of the body, empty values and repeats included; of a GET the address is all.
    """
    try:
        if not 0 < len(signature) <= MAX_SIGNATURE:
            return False
        if not _stays_whole(url):
            return False
        said = pairs if method == "POST" else ()
        known = [token for token in tokens if token]
        if not settings_header and any(_fits(token, url, said, signature) for token in known):
            return True
        form = Form()
        for name, value in said:
            form.setdefault(name, []).append(value)
        if settings_header:
            key = _webhook_key(settings_header, webhook_keys)
            return bool(key) and RequestValidator(key).validate(url, form, signature, HMAC_SHA256)
        return any(RequestValidator(token).validate(url, form, signature) for token in known)
    except Exception:  # whatever a stranger makes of a request, it is not Twilio's
        return False


def sign(url: str, form: Mapping[str, str], token: str) -> str:
    """As Twilio signs what it posts to `url` (https://www.twilio.com/docs/usage/security). For a look at ourselves."""
    return RequestValidator(token).compute_signature(url, form)


class Form(dict[str, list[str]]):
    """As much of a QueryDict as the SDK asks for. A plain dict would lose repeated names."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


@lru_cache(256)
def _stays_whole(url: str) -> bool:
    """The SDK takes an address apart and drops what means nothing to it ("/;" is "/"): then it is another address."""
    return urlparse(url).geturl() == url


def _fits(token: str, url: str, pairs: Pairs, signature: str) -> bool:
    """The SDK's yes at a tenth of its time, for this very address and names that do not repeat. The no is the SDK's."""
    form = dict(pairs)
    if len(form) != len(pairs):
        return False
    text = url + "".join([name + form[name] for name in sorted(form)])
    return hmac.compare_digest(b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode(), signature)


def _webhook_key(header: str, webhook_keys: Mapping[str, str]) -> str:
    """The configured key that X-Twilio-Webhooks-Signature-Settings names, or "": key=<id>,algorithm=HMAC_SHA256

    What it says of the algorithm is not asked: who may choose one chooses a weak one.
    """
    named = [part.strip().removeprefix("key=") for part in header.split(",") if part.strip().startswith("key=")]
    return webhook_keys.get(named[0], "") if len(named) == 1 else ""


# Admit -----------------------------------------------------------------------------------------------------------


def admit(
    knock: Knock, *, door: str, source: Source, methods: Sequence[str] = ("POST",), received_at: datetime
) -> Report:
    """The report in a request to one of Twilio's doors. Raises Refused, and nothing else, whatever is in it."""
    if knock.method not in methods:
        raise Refused(405)
    pairs, query = _read(knock)
    if not verify(
        url=signed_url(settings.PUBLIC_URL, knock.path, knock.query),
        pairs=pairs,
        method=knock.method,
        signature=knock.signature,
        settings_header=knock.settings_header,
        tokens=settings.TWILIO_AUTH_TOKENS,
        webhook_keys=settings.TWILIO_WEBHOOK_KEYS,
    ):
        _log_rarely(f"A request at {door} from {knock.remote} is not signed by Twilio", received_at)
        raise Refused(403)
    try:
        return parse(
            door,
            source,
            path=knock.path,
            query=query,
            pairs=pairs,
            account_sid=settings.TWILIO_ACCOUNT_SID,
            received_at=received_at,
            idempotency_token=knock.idempotency_token,
        )
    except Nonsense as error:
        _log_rarely(f"Twilio signed nonsense at {door}: {error}", received_at)
        raise Refused(400, str(error)) from error


def _read(knock: Knock) -> tuple[list[tuple[str, str]], str]:
    """Twilio's parameters, and the part of the query that is ours (of a GET: all before the first of Twilio's)."""
    if knock.method == "GET":
        parts = knock.query.split("&") if knock.query else []
        ours = next((i for i, part in enumerate(parts) if part[:1].isupper()), len(parts))
        return _pairs("&".join(parts[ours:])), "&".join(parts[:ours])
    kind, _, parameters = knock.content_type.partition(";")
    charset = parameters.strip().lower()
    if kind.strip().lower() != FORM or charset not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise Refused(403)
    if len(knock.body) > MAX_BODY:
        raise Refused(413, "too large")
    try:
        return _pairs(knock.body.decode()), knock.query
    except UnicodeDecodeError as error:
        raise Refused(400, "not UTF-8") from error


def _pairs(text: str) -> list[tuple[str, str]]:
    """Every parameter as it was sent: nothing trimmed, merged or replaced, or the signature would not fit.

    What `urllib.parse.parse_qsl` makes of it, at a third of its time.
    """
    parts = text.split("&")
    if len(parts) > MAX_NAMES:
        raise Refused(400, "too many parameters")
    pairs = []
    try:
        for part in parts:
            name, _, value = part.replace("+", " ").partition("=")
            if part:
                pairs.append((unquoted(name) if "%" in name else name, unquoted(value) if "%" in value else value))
    except UnicodeDecodeError as error:
        raise Refused(400, "not UTF-8") from error
    return pairs


def unquoted(text: str) -> str:
    return unquote(text, errors="strict")


_logged: dict[str, datetime] = {}
SILENCE = timedelta(minutes=1)


def _log_rarely(line: str, at: datetime) -> None:
    """The same line once a minute: a flood of forgeries must not become a flood of log. Never what was sent."""
    last = _logged.get(line)
    if last is not None and timedelta(0) <= at - last < SILENCE:
        return
    if len(_logged) >= 1000:
        _logged.clear()
    _logged[line] = at
    log.warning("%s", line)


# Django ----------------------------------------------------------------------------------------------------------

View = Callable[..., Any]


def from_twilio(door: str, source: Source, methods: Sequence[str] = ("POST",)) -> Callable[[View], View]:
    """A view for Twilio alone: it finds the verified report as `request.report`.

    Others get 403 without a word; what Twilio signed but we cannot read gets 400 and the reason. Never a 5xx.
    """

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def asked(request: TwilioRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                return _let_in(request, door, source, methods) or await view(request, *args, **kwargs)
        else:

            @wraps(view)
            def asked(request: TwilioRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                return _let_in(request, door, source, methods) or view(request, *args, **kwargs)

        return csrf_exempt(login_not_required(asked))

    return decorate


def _let_in(request: TwilioRequest, door: str, source: Source, methods: Sequence[str]) -> HttpResponse | None:
    found = judge(lambda: _knock(request), door=door, source=source, methods=methods)
    if isinstance(found, HttpResponse):
        return found
    request.report = found
    return None


def judge(
    knock: Callable[[], Knock], *, door: str, source: Source, methods: Sequence[str] = ("POST",)
) -> Report | HttpResponse:
    """The report of who may come in, or the answer to who may not. Nothing is raised, not even by the reading of it."""
    try:
        return admit(knock(), door=door, source=source, methods=methods, received_at=timezone.now())
    except Refused as refused:
        headers = {"Allow": ", ".join(methods)} if refused.status == 405 else None
        return HttpResponse(refused.reason, status=refused.status, content_type="text/plain", headers=headers)
    except Exception:
        log.exception("A request at %s could not be judged", door)
        return HttpResponse(status=403)


def _knock(request: HttpRequest) -> Knock:
    raw_path = getattr(request, "scope", {}).get("raw_path")
    return Knock(
        method=request.method or "",
        path=raw_path.decode("ascii").partition("?")[0] if raw_path else escape_uri_path(request.path),
        query=request.META.get("QUERY_STRING", ""),
        content_type=request.META.get("CONTENT_TYPE", ""),
        body=request.read(MAX_BODY + 1),
        # Empty, not None: the SDK raises TypeError on a missing signature.
        signature=request.headers.get("X-Twilio-Signature", ""),
        settings_header=request.headers.get("X-Twilio-Webhooks-Signature-Settings", ""),
        idempotency_token=request.headers.get("I-Twilio-Idempotency-Token", ""),
        remote=request.META.get("REMOTE_ADDR", ""),
    )


HEADERS = {
    b"content-type": "content_type",
    b"x-twilio-signature": "signature",
    b"x-twilio-webhooks-signature-settings": "settings_header",
    b"i-twilio-idempotency-token": "idempotency_token",
}


def knock_at(scope: Mapping[str, Any], body: bytes) -> Knock:
    """The same of a request that did not go through Django: headers joined and decoded as Django does it."""
    said: dict[str, str] = {}
    for name, value in scope["headers"]:
        field = HEADERS.get(name.lower())
        if field is not None:
            text = value.decode("latin-1")
            said[field] = f"{said[field]},{text}" if field in said else text
    return Knock(
        method=scope["method"],
        path=scope["raw_path"].decode("ascii"),
        query=scope["query_string"].decode("ascii"),
        content_type=said.get("content_type", ""),
        body=body,
        signature=said.get("signature", ""),
        settings_header=said.get("settings_header", ""),
        idempotency_token=said.get("idempotency_token", ""),
        remote=scope["client"][0] if scope.get("client") else "",
    )
