"""The gateway: the only way to Twilio's REST API. One account, one host, hard limits on time."""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import HTTPError

DEADLINE = 12.0  # seconds for all that one wish asks: turns in our queue, tries and the answers' bodies included
CONNECT = 3.0  # seconds
AT_ONCE = 8
LARGEST = 4 * 1024 * 1024  # bytes of an answer: a page of 1,000 calls is one
TRIES = 3  # of a request that never left
REFUSED_FOR = 30.0  # seconds without asking, after Twilio did not accept who we are
PAGE = 1000  # calls; Twilio's most
NO_CONTENT = 204  # done, and nothing to add
# The SDK puts SIDs into the path as they are, and the URL library folds "..": what leaves must look like this.
PATH = re.compile(
    r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})"
    r"(/Calls(/CA[0-9a-f]{32})?|/Conferences(/CF[0-9a-f]{32})?|/IncomingPhoneNumbers(/PN[0-9a-f]{32})?)?\.json"
)
SID = re.compile(r"CA[0-9a-f]{32}")
NUMBER_SID = re.compile(r"PN[0-9a-f]{32}")
THEIR_WORDS = re.compile(r"Unable to (update|fetch) record: ")  # the SDK's own words before Twilio's
log = logging.getLogger(__name__)
Resource = dict[str, Any]


class Refused(Exception):
    """Twilio said no: nothing happened. `code` is Twilio's error code, `status` the HTTP status."""

    def __init__(self, code: int, status: int, message: str) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class Unreachable(Exception):
    """No answer. `sent`: the request may have reached Twilio, so it may have happened."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


# Calls ---------------------------------------------------------------------------------------------------------
# All raise Refused (21220: not in progress any more, 20404: unknown), Unreachable, or ValueError for what is no SID:
# then nothing leaves. `until` is the moment (time.monotonic) at which the caller wants an answer.


def end_leg(sid: str, status: str, *, until: float | None = None) -> Resource:
    """End one leg: `completed`, or `canceled` while it is queued or ringing (twilio.com/docs/voice/api/call-resource).

    Returns the Call resource at that moment (it usually still says in-progress).
    """
    return _update(leg_uri(sid), {"Status": status}, until)


def redirect_leg(sid: str, *, url: str = "", twiml: str = "", until: float | None = None) -> Resource:
    """Give a leg in progress another document: from `url` (absolute, asked by POST) or `twiml` itself (≤ 4,000
    characters, its addresses absolute: 15004, 32018).

    Twilio answers before it asks for the document, and a child of the leg's <Dial> ends
    (twilio.com/docs/voice/api/call-resource#update-a-call-resource). Returns the Call resource.
    """
    return _update(leg_uri(sid), {"Twiml": twiml} if twiml else {"Url": url, "Method": "POST"}, until)


def fetch_leg(sid: str, *, until: float | None = None) -> Resource:
    return _fetch(leg_uri(sid), {}, until)


def list_legs(
    status: str = "",
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    ended: datetime | None = None,
    cursor: str = "",
    until: float | None = None,
) -> tuple[list[Resource], str]:
    """One page of the account's calls, newest first, and the cursor of the next one ("" at the end).

    `status` is one of Twilio's REST words, `since` and `before` bound the start time, `ended` is the earliest end. A
    cursor already knows what was asked for: then they are not looked at
    (twilio.com/docs/voice/api/call-resource#read-multiple-call-resources).
    """
    params: dict[str, str] = {"PageSize": str(PAGE)}
    if cursor:
        params = dict(parse_qsl(cursor))
    else:
        params |= {"Status": status} if status else {}
        bounds = {"StartTime>": since, "StartTime<": before, "EndTime>": ended}
        params |= {name: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for name, at in bounds.items() if at}
    answer = _fetch(f"/Accounts/{settings.TWILIO_ACCOUNT_SID}/Calls.json", params, until)
    return _page(answer, "calls")


# The account and its numbers -----------------------------------------------------------------------------------


def account() -> Resource:
    """The Account resource: the cheapest proof that Twilio knows us (20003 if not)."""
    return _fetch(f"/Accounts/{settings.TWILIO_ACCOUNT_SID}.json", {}, None)


def twilios_time() -> datetime | None:
    """Twilio's clock in whole seconds, as the last answer of this process was dated; None if it was not."""
    try:
        return parsedate_to_datetime(_client().http_client.dated)
    except ValueError:
        return None


def list_numbers(number: str = "") -> list[Resource]:
    """The account's IncomingPhoneNumbers, or the one that is `number` (E.164)."""
    found, cursor = [], ""
    while True:
        params = dict(parse_qsl(cursor)) or {"PageSize": str(PAGE)} | ({"PhoneNumber": number} if number else {})
        answer = _fetch(f"/Accounts/{settings.TWILIO_ACCOUNT_SID}/IncomingPhoneNumbers.json", params, None)
        page, cursor = _page(answer, "incoming_phone_numbers")
        found += [each for each in page if not number or each.get("phone_number") == number]
        if not cursor:
            return found


def set_number(sid: str, values: Mapping[str, str]) -> Resource:
    """Change an IncomingPhoneNumber: VoiceUrl, VoiceMethod, StatusCallback, StatusCallbackMethod … Returns it."""
    if not NUMBER_SID.fullmatch(sid):
        raise ValueError(f"Not the SID of a number: {sid!r}")
    uri = f"/Accounts/{settings.TWILIO_ACCOUNT_SID}/IncomingPhoneNumbers/{sid}.json"
    return _update(uri, dict(values), None)


# Ask -----------------------------------------------------------------------------------------------------------


def leg_uri(sid: str) -> str:
    if not SID.fullmatch(sid):
        raise ValueError(f"Not a CallSid: {sid!r}")
    return f"/Accounts/{settings.TWILIO_ACCOUNT_SID}/Calls/{sid}.json"


def _update(uri: str, values: dict[str, str], until: float | None) -> Resource:
    return _ask(lambda: _client().api.v2010.update("POST", uri, data=values), until)


def _fetch(uri: str, params: dict[str, str], until: float | None) -> Resource:
    return _ask(lambda: _client().api.v2010.fetch("GET", uri, params=params), until)


def _page(answer: Resource, name: str) -> tuple[list[Resource], str]:
    found, following = answer.get(name), answer.get("next_page_uri")
    if not isinstance(found, list):
        raise Unreachable("Twilio's answer could not be read.", sent=True)
    return found, urlsplit(following).query if isinstance(following, str) else ""


def _ask(request: Callable[[], Any], until: float | None) -> Resource:
    """What never left may be asked again at once; anything else is asked once."""
    until = time.monotonic() + DEADLINE if until is None else until
    for left in reversed(range(TRIES)):
        try:
            return _ask_once(request, until)
        except Unreachable as error:
            if error.sent or not left or time.monotonic() + 0.2 > until:
                raise
            time.sleep(0.2)
    raise AssertionError  # the last try returns or raises


def _ask_once(request: Callable[[], Any], until: float) -> Resource:
    breaker.check()
    asked: Future[Any] = _threads().submit(_timed, request, until)
    try:
        answer = asked.result(timeout=max(0.0, until - time.monotonic()))
    except TimeoutError as error:
        # What could be cancelled was still waiting for its turn.
        raise Unreachable("Twilio did not answer in time.", sent=not asked.cancel()) from error
    except TwilioRestException as error:
        raise refused(error.code or error.status, error.status, THEIR_WORDS.sub("", error.msg, 1)) from error
    except TwilioServiceException as error:
        raise refused(error.code, error.status, error.detail or error.title) from error
    except (TwilioException, json.JSONDecodeError, requests.RequestException) as error:
        raise Unreachable("Twilio's answer could not be read.", sent=True) from error
    if not isinstance(answer, dict):
        raise Unreachable("Twilio's answer could not be read.", sent=True)
    return answer


def _timed(request: Callable[[], Any], until: float) -> Any:
    """In a thread of ours. Its turn may have come too late: then it does not leave any more."""
    if time.monotonic() >= until:
        raise Unreachable("Twilio did not answer in time.", sent=False)
    deadline.until = until
    return request()


deadline = threading.local()


def refused(code: int, status: int, message: str) -> Refused:
    if status in (401, 403):
        breaker.open(code, status)
    return Refused(code, status, message)


class Breaker:
    """Twilio did not accept who we are: asking on would only lock the account. A moment later we try again."""

    def __init__(self) -> None:
        self.until, self.why = 0.0, (0, 0)

    def open(self, code: int, status: int) -> None:
        log.error("Twilio does not accept our credentials (%s). Nothing is asked for %d s.", code, REFUSED_FOR)
        self.until, self.why = time.monotonic() + REFUSED_FOR, (code, status)

    def check(self) -> None:
        if time.monotonic() < self.until:
            raise Refused(*self.why, "Twilio does not accept our credentials")


breaker = Breaker()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gateway")


@cache
def _client() -> Client:
    key, secret = settings.TWILIO_API_KEY, settings.TWILIO_API_SECRET
    wire = Wire()
    client = Client(
        key or settings.TWILIO_ACCOUNT_SID,
        secret if key else settings.TWILIO_AUTH_TOKENS[0],
        settings.TWILIO_ACCOUNT_SID,
        http_client=wire,
    )
    # The SDK writes edge and region into any host, ours on loopback too, and takes them from the environment itself.
    at_twilio = (urlsplit(settings.TWILIO_API_URL).hostname or "").endswith(".twilio.com")
    client.edge, client.region = (settings.TWILIO_EDGE, settings.TWILIO_REGION) if at_twilio else ("", "")
    client.api.base_url = settings.TWILIO_API_URL
    wire.base = client.get_hostname(settings.TWILIO_API_URL)
    return client


class Wire(HttpClient):
    """One session. No redirects, no retries, no other host; the clock runs over the body too, which may drip.

    Answers of 2xx and 4xx are returned; anything else raises Unreachable. ValueError: that address is not one of ours.
    """

    base = ""  # scheme and host of all that leaves
    dated = ""  # the Date header of the last answer

    def __init__(self) -> None:
        super().__init__(log, False, DEADLINE)
        self.session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE, max_retries=0)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, str] | None = None,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        path = PATH.fullmatch(url.removeprefix(self.base)) if self.base and url.startswith(self.base) else None
        if path is None or path[1] != settings.TWILIO_ACCOUNT_SID:
            raise ValueError(f"Nothing of ours goes to {url[:200]!r}.")
        until = getattr(deadline, "until", time.monotonic() + DEADLINE)
        try:
            with self.session.request(
                method,
                url,
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=(CONNECT, max(0.1, until - time.monotonic())),
                allow_redirects=False,
                stream=True,
            ) as answer:
                self.dated = answer.headers.get("Date", "")
                body = bytearray()
                # `read1` hands on what is there. `iter_content` waits until a piece is full, and an answer that drips
                # would hold its thread for as long as it likes: each byte has the whole of the time-out.
                while piece := answer.raw.read1(65536, decode_content=True):
                    body += piece
                    if time.monotonic() > until or len(body) > LARGEST:
                        raise Unreachable("Twilio's answer took too long.", sent=True)
                if answer.status_code // 100 not in (2, 4):
                    raise Unreachable(f"Twilio answered {answer.status_code}.", sent=True)
                said = "{}" if answer.status_code == NO_CONTENT else body.decode("utf-8", "replace")
                return Response(answer.status_code, said)
        except requests.exceptions.ConnectTimeout as error:
            raise Unreachable("Twilio cannot be reached.", sent=False) from error
        except requests.exceptions.ConnectionError as error:
            if never_connected(error):
                raise Unreachable("Twilio cannot be reached.", sent=False) from error
            raise Unreachable("The connection to Twilio broke.", sent=True) from error
        except (requests.RequestException, HTTPError) as error:
            raise Unreachable("Twilio did not answer in time.", sent=True) from error


def never_connected(error: BaseException) -> bool:
    """Refused or unresolved before a byte was sent; a connection that broke later is another matter."""
    return "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
