"""What may be said at a door, and how each parameter is read. What we act on must match whole.

A signature has no delimiters: `AccountSid=AC…&CallSid=CA…` and the one parameter `AccountSid=AC…CallSidCA…` are signed
alike. So the schema is strict, and who swallowed a neighbour is refused.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import parse_qsl
from uuid import UUID

STATUSES = ("queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled")
TERMINAL = frozenset(STATUSES[4:])
ROLES = ("caller", "agent", "consult", "supervisor", "bot", "external")
DIAL_STATUSES = ("completed", "answered", "busy", "no-answer", "failed", "canceled")
SESSION_STATUSES = ("completed", "ended", "failed")
RECORDING_STATUSES = ("in-progress", "paused", "stopped", "processing", "completed", "absent", "failed")
EVENTS = (
    "conference-start",
    "conference-end",
    "participant-join",
    "participant-leave",
    "participant-mute",
    "participant-unmute",
    "participant-hold",
    "participant-unhold",
    "participant-modify",
    "participant-speech-start",
    "participant-speech-stop",
    "announcement-end",
    "announcement-fail",
)
# What they say of themselves, in the words that recordings have.
TAP_EVENTS = {
    "transcription-started": "in-progress",
    "transcription-content": "in-progress",
    "transcription-stopped": "stopped",
    "transcription-error": "failed",
    "stream-started": "in-progress",
    "stream-stopped": "stopped",
    "stream-error": "failed",
}
TAPS = {"RE": "RecordingSid", "GT": "TranscriptionSid", "MZ": "StreamSid"}
# A token that lets its bearer call in somebody's name, and a signed identity: not ours to keep.
SECRETS = ("CallToken", "StirPassportToken")
MAX_NAMES = 200
MAX_TEXT = 300
MAX_URL = 500


class Nonsense(ValueError):
    """Signed, but not something that Twilio says. `str(error)` is the reason in words."""


# Twilio's names, and those of custom parameters, begin with a letter. One that begins with a digit or a slash sorts
# before AccountSid, and so could have been cut from the end of our own URL.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
NECESSARY = {
    "status": ("CallSid", "CallStatus", "From", "To"),
    "voice": ("CallSid", "CallStatus", "From", "To"),
    "dial": ("CallSid", "CallStatus", "From", "To"),
    "twiml": ("CallSid", "CallStatus", "From", "To"),
    "wait": ("CallSid",),  # who waits in a room: which parameters come with it is told nowhere
    "amd": ("CallSid", "AnsweredBy"),
    "conference": ("ConferenceSid", "FriendlyName", "StatusCallbackEvent"),
    "recording": ("RecordingSid", "RecordingStatus"),
    "transcription": ("CallSid", "TranscriptionSid", "TranscriptionEvent"),
    "stream": ("CallSid", "StreamSid", "StreamEvent"),
}
# Name and value in one piece, as they stand in the signed text, of everything that we act on.
_SHAPES = {
    "AccountSid": "AC[0-9a-f]{32}",
    "AnsweredBy": "(?:human|machine|fax|unknown)",
    "CallDuration": "[0-9]",
    "CallSid": "CA[0-9a-f]{32}",
    "CallStatus": f"(?:{'|'.join(STATUSES)})",
    "CallbackSource": "call-progress-events",
    "Coaching": "(?:true|false)",
    "ConferenceSid": "CF[0-9a-f]{32}",
    "DequeuedCallSid": "CA[0-9a-f]{32}",
    "DialBridged": "(?:true|false)",
    "DialCallDuration": "[0-9]",
    "DialCallSid": "CA[0-9a-f]{32}",
    "DialCallStatus": f"(?:{'|'.join(DIAL_STATUSES)})",
    "Direction": "(?:inbound|outbound)",
    "EndConferenceOnExit": "(?:true|false)",
    "Hold": "(?:true|false)",
    "Muted": "(?:true|false)",
    "ParentCallSid": "CA[0-9a-f]{32}",
    "ParticipantLabelEndingConference": "",
    "ReasonConferenceEnded": "",
    "RecordingSid": "RE[0-9a-f]{32}",
    "RecordingStatus": f"(?:{'|'.join(RECORDING_STATUSES)})",
    "SequenceNumber": "[0-9]",
    "SessionStatus": f"(?:{'|'.join(SESSION_STATUSES)})",
    "SipResponseCode": "[1-6][0-9][0-9]",
    "StatusCallbackEvent": f"(?:{'|'.join(EVENTS)})",
    "StreamEvent": "stream-[a-z]",
    "StreamSid": "MZ[0-9a-f]{32}",
    "Timestamp": "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [0-9 ]|20[0-9][0-9]-)",
    "TranscriptionEvent": "transcription-[a-z]",
    "TranscriptionSid": "GT[0-9a-f]{32}",
}
# Of who leaves a conference, and of a <Sip> that was dialled: they end like one of them, which is not there.
LONGER = ("ParticipantCallStatus", "DialSipResponseCode")
_ACTED_ON = re.compile("|".join(f"{name}(?={shape})" for name, shape in _SHAPES.items()))
# Twilio adds parameters without notice, but repeats none of these.
SINGLE = frozenset(_SHAPES) | {
    "ApiVersion",
    "FriendlyName",
    "Digits",
    "SpeechResult",
    "HandoffData",
    "From",
    "To",
    *SECRETS,
}


def parameters(door: str, pairs: Sequence[tuple[str, str]], account_sid: str) -> dict[str, str]:
    """The parameters by name, after all that can be said without knowing what they mean."""
    if len(pairs) > MAX_NAMES:
        raise Nonsense("too many parameters")
    said: dict[str, str] = {}
    for name, value in pairs:
        if not possible(name):
            raise Nonsense("a parameter with an impossible name")
        if "\0" in value:
            raise Nonsense(f"{name} holds a NUL")
        if name in said and name in SINGLE:
            raise Nonsense(f"{name} is given twice")
        said[name] = value
    if said.get("AccountSid") != account_sid:
        raise Nonsense("AccountSid is not ours")
    for name in NECESSARY.get(door, ()):
        if name not in said or not (said[name] or name in ("From", "To")):  # who hides may have no number at all
            raise Nonsense(f"{name} is missing")
    if said.get("ApiVersion", "2010-04-01") != "2010-04-01":
        raise Nonsense("ApiVersion is not 2010-04-01")
    _refuse_moved_borders(pairs, said)
    return said


@lru_cache(1024)
def possible(name: str) -> bool:
    return NAME.fullmatch(name) is not None


def _refuse_moved_borders(pairs: Sequence[tuple[str, str]], said: dict[str, str]) -> None:
    """Refuse a parameter that begins elsewhere in the signed text than where the request says that it begins."""
    values, end = {}, 0
    parts: list[str] = []
    for name, value in sorted(pairs):
        values[end + len(name)] = name
        end += len(name) + len(value)
        parts += (name, value)
    for found in _ACTED_ON.finditer("".join(parts)):
        inner, name = found.group(), values.get(found.end(), "")
        # ParentCallSid ends in CallSid, and so may a custom one: no harm as long as the real one is there too.
        if not (name in (inner, *LONGER) or name.endswith(inner) and inner in said):
            raise Nonsense(f"{inner} inside of another parameter")


def our_query(query: str) -> dict[str, str]:
    """The query that we wrote ourselves, in lower case: who took in Twilio's first parameter shows a capital."""
    ours: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=50):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or name in ours:
            raise Nonsense("a query that is not ours")
        ours[name] = value
    return ours


def url(path: str, query: str) -> str:
    url = f"{path}?{query}" if query else path
    if len(url) > MAX_URL:
        raise Nonsense("a query that is longer than ours are")
    return url


def uuid(ours: dict[str, str], name: str) -> UUID | None:
    value = ours.get(name, "")
    if not value:
        return None
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
        raise Nonsense(f"{name} in the query is not an id")
    return UUID(value)


def played(said: dict[str, str]) -> UUID | None:
    """The wish in the address of an announcement (`?a=<id>`), if it is one of ours."""
    found = re.search(r"[?&]a=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:[&#]|$)", said.get("AnnounceUrl", ""))
    return UUID(found[1]) if found and said.get("StatusCallbackEvent", "").startswith("announcement-") else None


def role(ours: dict[str, str]) -> str:
    role = ours.get("role", "")
    if role and role not in ROLES:
        raise Nonsense("role in the query is not a role")
    return role


def token(ours: dict[str, str], name: str) -> str:
    value = ours.get(name, "")
    if value and not re.fullmatch(r"[a-z0-9_.-]{1,64}", value):
        raise Nonsense(f"{name} in the query is not one of ours")
    return value


_SIDS = {prefix: re.compile(prefix + "[0-9a-f]{32}") for prefix in ("CA", "CF", "RE", "GT", "MZ")}
_WORD = re.compile(r"[a-z][a-z_-]{0,39}")
_PLAIN = re.compile(r"\+?[0-9*#]{0,30}")


def sid(said: dict[str, str], name: str, prefix: str) -> str:
    value = said.get(name, "")
    if value and not _SIDS[prefix].fullmatch(value):
        raise Nonsense(f"{name} is not a SID")
    return value


def tap(said: dict[str, str]) -> str:
    """The SID of what runs beside the leg, if the report is about that."""
    return next((found for prefix, name in TAPS.items() if (found := sid(said, name, prefix))), "")


def tap_status(said: dict[str, str], strange: list[str]) -> str:
    events = (*TAP_EVENTS,)
    event = word(said, "TranscriptionEvent", events, strange) or word(said, "StreamEvent", events, strange)
    return TAP_EVENTS.get(event, "") or word(said, "RecordingStatus", RECORDING_STATUSES, strange)


def word(said: dict[str, str], name: str, known: tuple[str, ...], strange: list[str]) -> str:
    """A word of a closed list (an unknown one is strange) or, without a list, any word."""
    value = said.get(name, "")
    if not value:
        return ""
    if not _WORD.fullmatch(value):
        raise Nonsense(f"{name} is not a word")
    if known and value not in known:
        strange.append(f"{name}={value}")
        return ""
    return value[:24]


def number(said: dict[str, str], name: str, digits: int) -> int | None:
    value = said.get(name, "")
    if not value:
        return None
    if not (len(value) <= digits and value.isdecimal() and value.isascii()):
        raise Nonsense(f"{name} is not a number")
    return int(value)


def flag(said: dict[str, str], name: str) -> bool | None:
    value = said.get(name, "").lower()
    if not value:
        return None
    if value not in ("true", "false"):
        raise Nonsense(f"{name} is neither true nor false")
    return value == "true"


def text(said: dict[str, str], name: str) -> str:
    value = said.get(name, "")
    if len(value) > MAX_TEXT:
        raise Nonsense(f"{name} is too long")
    return value


def address(said: dict[str, str], name: str, twin: str) -> str:
    """A number, or `client:`, `sip:` and the like. Only the copy that Twilio sends along says where it ends."""
    value = text(said, name)
    if not _PLAIN.fullmatch(value) and (value[0] == "+" or said.get(twin, value) != value):
        raise Nonsense(f"{name} is not an address")
    return value


def room(said: dict[str, str]) -> str:
    value = text(said, "FriendlyName")
    if re.match(r"call-[0-9a-f]{8}-", value) and not re.fullmatch(r"call-[0-9a-f-]{36}", value):
        raise Nonsense("FriendlyName goes on after its end")
    return value


_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} (?:[+-][0-9]{4}|GMT|UTC)"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@lru_cache(1024)  # to the second: many callbacks have the same one
def _moment(text: str) -> datetime | None:
    """RFC 2822 (voice, one second fine) or ISO 8601 (transcriptions); None if it is neither, or no time in UTC."""
    try:
        moment = datetime.fromisoformat(text) if text[4:5] == "-" else parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def timestamp(said: dict[str, str], received_at: datetime, strange: list[str]) -> datetime | None:
    """When it happened, by Twilio's clock. A garbled one is strange; the report then has the time of its arrival."""
    value = text(said, "Timestamp")
    if not value:
        return None
    begins = _DATE.match(value)
    if begins and begins.end() != len(value):
        raise Nonsense("Timestamp goes on after its end")
    moment = _moment(value) if begins else None
    if moment is None or not EARLIEST <= moment <= received_at + timedelta(days=1):
        strange.append(f"Timestamp={value[:40]!r}")
        return None
    return moment


def date(said: dict[str, str], name: str) -> datetime | None:
    value = said.get(name, "")
    return _moment(value) if _DATE.fullmatch(value) else None


def price(said: dict[str, str]) -> Decimal | None:
    """As long as the column can hold it: up to 99,999 with five digits behind the point."""
    value = said.get("price", "")
    return Decimal(value) if re.fullmatch(r"-?[0-9]{1,5}(\.[0-9]{1,5})?", value) else None


def body(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    body: dict[str, str] = {}
    for name, value in pairs:
        body[name] = f"{body[name]}\n{value}" if name in body else value
    for name in SECRETS:
        if name in body:
            body[name] = "[redacted]"
    return body
