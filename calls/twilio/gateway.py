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
from twilio.rest import Client

from calls.twilio.wire import AT_ONCE, Wire, deadline
from calls.twilio.wire import DEADLINE as DEADLINE
from calls.twilio.wire import Unreachable as Unreachable

TRIES = 3  # of a request that never left
REFUSED_FOR = 30.0  # seconds without asking, after Twilio did not accept who we are
PAGE = 1000  # calls; Twilio's most
NOT_FOUND = 20404
SID = re.compile(r"CA[0-9a-f]{32}")
ROOM = re.compile(r"CF[0-9a-f]{32}|call-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BESIDE = re.compile(r"(RE|GT|MZ)[0-9a-f]{32}")
NUMBER_SID = re.compile(r"PN[0-9a-f]{32}")
THEIR_WORDS = re.compile(r"Unable to (update|fetch) record: ")  # the SDK's own words before Twilio's
log = logging.getLogger(__name__)
Resource = dict[str, Any]


class Refused(Exception):
    """Twilio said no: nothing happened. `code` is Twilio's error code, `status` the HTTP status."""

    def __init__(self, code: int, status: int, message: str) -> None:
        super().__init__(message)
        self.code, self.status = code, status


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


def limit_leg(sid: str, seconds: int, *, until: float | None = None) -> Resource:
    """The longest that it may last, in seconds since it was answered ("maximum duration of the call",
    twilio.com/docs/voice/api/call-resource#update-a-call-resource): then Twilio ends it by itself. Nothing tells of it
    until then.

    (No page says that an update counts from the beginning. If it counts from now, a call ends later than was said,
    and none is cut off before.)
    """
    return _update(leg_uri(sid), {"TimeLimit": str(seconds)}, until)


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


# Rooms -----------------------------------------------------------------------------------------------------------
# A room is named by its ConferenceSid; to add somebody to it, its name (call-<uuid>) does as well.

ROOM_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "announcement")
LEG_EVENTS = ("initiated", "ringing", "answered", "completed")


def add_participant(
    room: str,
    *,
    from_: str,
    to: str,
    label: str,
    status_callback: str,
    conference_callback: str,
    timeout: int,
    muted: bool = False,
    coach: str = "",
    start: bool = True,
    end_on_exit: bool = False,
    until: float | None = None,
) -> Resource:
    """Call somebody into a room (twilio.com/docs/voice/api/conference-participant-resource#create-a-participant).

    `coach`: the leg that alone hears this one; `start`: the room begins with them; `timeout` in seconds. A room that
    is named and is not there is opened. Returns the Participant resource; one call a second is what Twilio takes.
    """
    values: dict[str, Any] = {
        "From": from_, "To": to, "Label": label, "Timeout": str(timeout), "Muted": said(muted), "Beep": "false",
        "EarlyMedia": "false", "StartConferenceOnEnter": said(start), "EndConferenceOnExit": said(end_on_exit),
        "StatusCallback": status_callback, "StatusCallbackEvent": list(LEG_EVENTS),
        "ConferenceStatusCallback": conference_callback, "ConferenceStatusCallbackEvent": list(ROOM_EVENTS),
    }  # fmt: skip
    if coach:
        values |= {"Coaching": "true", "CallSidToCoach": coach}
    pace.wait(until)
    return _ask(lambda: _client().api.v2010.create("POST", room_uri(room, "/Participants"), data=values), until)


def update_participant(room: str, sid: str, values: Mapping[str, str], *, until: float | None = None) -> Resource:
    """Muted, Hold (with HoldUrl), Coaching with CallSidToCoach, EndConferenceOnExit, AnnounceUrl. Returns the
    Participant resource at that moment (…/conference-participant-resource#update-a-participant-resource)."""
    return _update(participant_uri(room, sid), dict(values), until)


def fetch_participant(room: str, sid: str, *, until: float | None = None) -> Resource:
    """Refused with 20404: not in that room (any more)."""
    return _fetch(participant_uri(room, sid), {}, until)


def remove_participant(room: str, sid: str, *, until: float | None = None) -> None:
    """Kick them. Who is gone already (20404) is as gone as was asked for."""
    uri = participant_uri(room, sid)
    try:
        _ask(lambda: {"gone": _client().api.v2010.delete("DELETE", uri)}, until)
    except Refused as error:
        if error.code != NOT_FOUND:
            raise


def update_room(room: str, values: Mapping[str, str], *, until: float | None = None) -> Resource:
    """Status=completed ends it for all; AnnounceUrl is heard by all (…/conference-resource#update-a-conference)."""
    return _update(room_uri(room), dict(values), until)


def fetch_room(room: str, *, until: float | None = None) -> Resource:
    return _fetch(room_uri(room), {}, until)


def rooms_named(name: str, *, until: float | None = None) -> list[Resource]:
    """The account's rooms of this name, newest first: one that is not over at most
    (twilio.com/docs/voice/api/conference-resource#read-multiple-conference-resources)."""
    params = {"FriendlyName": name, "PageSize": "20"}
    return _page(_fetch(f"/Accounts/{settings.TWILIO_ACCOUNT_SID}/Conferences.json", params, until), "conferences")[0]


# What runs beside a leg ------------------------------------------------------------------------------------------


def start_beside(sid: str, what: str, values: Mapping[str, Any], *, until: float | None = None) -> Resource:
    """`what`: Recordings, Transcriptions or Streams of this leg; returns the new resource."""
    uri = leg_uri(sid).removesuffix(".json") + f"/{what}.json"
    return _ask(lambda: _client().api.v2010.create("POST", uri, data=dict(values)), until)


def update_beside(sid: str, what: str, its: str, values: Mapping[str, str], *, until: float | None = None) -> Resource:
    """Stop it, or pause and go on (Status; of a recording PauseBehavior too). `its`: the SID of the resource."""
    return _update(beside_uri(sid, what, its), dict(values), until)


def fetch_beside(sid: str, what: str, its: str, *, until: float | None = None) -> Resource:
    return _fetch(beside_uri(sid, what, its), {}, until)


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


def room_uri(room: str, rest: str = "") -> str:
    if not ROOM.fullmatch(room):
        raise ValueError(f"Not a room: {room!r}")
    return f"/Accounts/{settings.TWILIO_ACCOUNT_SID}/Conferences/{room}{rest}.json"


def participant_uri(room: str, sid: str) -> str:
    if not room.startswith("CF") or not SID.fullmatch(sid):
        raise ValueError(f"Not a participant: {sid!r} in {room!r}")
    return room_uri(room, f"/Participants/{sid}")


def beside_uri(sid: str, what: str, its: str) -> str:
    if not BESIDE.fullmatch(its):
        raise ValueError(f"Not a SID: {its!r}")
    return leg_uri(sid).removesuffix(".json") + f"/{what}/{its}.json"


def said(flag: bool) -> str:
    return "true" if flag else "false"


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


class Pace:
    """The calls that we make leave one after the other, as many a second as the account may begin (`calls per second`,
    twilio.com/docs/voice/api/call-resource#create-a-call-resource); whoever asks waits for a turn of its own."""

    def __init__(self) -> None:
        self._next, self._lock = 0.0, threading.Lock()

    def wait(self, until: float | None = None) -> None:
        """Until it is our turn. Raises Unreachable (not sent) if that is beyond `until` (time.monotonic)."""
        with self._lock:
            turn = max(time.monotonic(), self._next)
            if turn > (time.monotonic() + DEADLINE if until is None else until):
                raise Unreachable("Too many calls are to be made at once.", sent=False)
            self._next = turn + 1 / settings.TWILIO_CALLS_PER_SECOND
        if (seconds := turn - time.monotonic()) > 0:
            time.sleep(seconds)


pace = Pace()


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
