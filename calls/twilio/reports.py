"""Reports: what Twilio said, in our words. The last place that knows Twilio's parameter names and casing.

A signature has no delimiters: `AccountSid=AC…&CallSid=CA…` and the one parameter `AccountSid=AC…CallSidCA…` are signed
alike. So a strict schema follows: what we act on must match whole, and who swallowed a neighbour is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID


class Source(StrEnum):
    CALLBACK = "callback"
    TWIML = "twiml"
    REST = "rest"


HISTORY = "import"  # the door of what is read of the past

STATUSES = ("queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled")
TERMINAL = frozenset(STATUSES[4:])
ROLES = ("caller", "agent", "consult", "supervisor", "bot", "external")
DIAL_STATUSES = ("completed", "answered", "busy", "no-answer", "failed", "canceled")
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
# A token that lets its bearer call in somebody's name, and a signed identity: not ours to keep.
SECRETS = ("CallToken", "StirPassportToken")
MAX_NAMES = 200
MAX_TEXT = 300
MAX_URL = 500


class Nonsense(ValueError):
    """Signed, but not something that Twilio says. `str(error)` is the reason in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One statement by Twilio: a callback, a request for TwiML, or a REST answer. Times are aware and in UTC."""

    door: str
    source: Source
    digest: str  # of all that was signed: two deliveries with one digest are one statement
    body: dict[str, str]  # what was said, for the raw row, without SECRETS
    received_at: datetime  # of the first delivery; REST: when we asked
    idempotency_token: str = ""  # a hint only: no signature covers it
    call_sid: str = ""  # empty when the report is about a conference only
    parent_sid: str = ""
    dialled_sid: str = ""
    dequeued_sid: str = ""
    conference_sid: str = ""
    room: str = ""
    status: str = ""  # one of STATUSES; empty if absent or unknown
    strange: tuple[str, ...] = ()  # "CallStatus=teleported": kept, flagged, named in the log
    sequence: int | None = None
    at: datetime | None = None  # Twilio's Timestamp; REST: the end of an ended call, else when we asked
    from_number: str = ""
    to_number: str = ""
    direction: str = ""
    duration: int | None = None  # seconds
    sip_code: int | None = None
    answered_by: str = ""
    bridged: bool | None = None
    dial_status: str = ""
    dial_duration: int | None = None  # seconds
    event: str = ""
    muted: bool | None = None
    hold: bool | None = None
    coaching: bool | None = None
    end_on_exit: bool | None = None
    recording_sid: str = ""
    recording_status: str = ""
    price: Decimal | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    lost: bool = False  # not Twilio's words: its REST API does not know the call
    call_id: UUID | None = None
    role: str = ""
    action_id: UUID | None = None
    step: str = ""
    visit: str = ""
    was: str = ""  # asked again by ourselves: how the <Dial> had gone
    url: str = ""  # path and query of a TwiML request, Twilio's own parameters left out

    @property
    def talked(self) -> bool:
        """At the end of a <Dial>: whoever was called had answered."""
        if self.bridged is None:
            return "answered" in (self.was, self.dial_status) or self.dial_status == "completed"
        return self.bridged

    @property
    def once(self) -> bool:
        """It carries SequenceNumber or Timestamp, so a second delivery is a repeat and not a second event.

        TwiML requests, waits and recording callbacks may repeat to the letter and mean it; REST is a fresh look.
        """
        return self.source is not Source.REST and (self.sequence is not None or self.at is not None)


def parse(
    door: str,
    source: Source,
    *,
    path: str,
    query: str,
    pairs: Sequence[tuple[str, str]],
    account_sid: str,
    received_at: datetime,
    idempotency_token: str = "",
) -> Report:
    """The report in a verified request. `query` is what we wrote into the URL ourselves, `pairs` is what Twilio added.

    Raises Nonsense. An unknown status or event is kept in `strange`: Twilio adds words without notice.
    """
    said = _schema(door, pairs, account_sid)
    ours = _our_query(query)
    strange: list[str] = []
    status = _word(said, "CallStatus", STATUSES, strange)
    # Where Twilio need not send From, a ForwardedFrom that was cut in two could pass for one.
    people = "From" in NECESSARY.get(door, ("From",))
    return Report(
        door=door,
        source=source,
        digest=digest(door, path, query, pairs),
        body=_body(pairs),
        received_at=received_at.astimezone(UTC),
        idempotency_token=idempotency_token if re.fullmatch(r"[\x21-\x7e]{1,64}", idempotency_token) else "",
        call_sid=_sid(said, "CallSid", "CA"),
        parent_sid=_sid(said, "ParentCallSid", "CA"),
        dialled_sid=_sid(said, "DialCallSid", "CA"),
        dequeued_sid=_sid(said, "DequeuedCallSid", "CA"),
        conference_sid=_sid(said, "ConferenceSid", "CF"),
        room=_room(said),
        status=status,
        sequence=_number(said, "SequenceNumber", 9),
        at=_timestamp(said, received_at, strange),
        from_number=_address(said, "From", "Caller") if people else "",
        to_number=_address(said, "To", "Called") if people else "",
        direction=_word(said, "Direction", (), strange),
        duration=_number(said, "CallDuration", 7),
        sip_code=_number(said, "SipResponseCode", 3),
        answered_by=_word(said, "AnsweredBy", (), strange),
        bridged=_flag(said, "DialBridged"),
        dial_status=_word(said, "DialCallStatus", DIAL_STATUSES, strange),
        dial_duration=_number(said, "DialCallDuration", 7),
        event=_word(said, "StatusCallbackEvent", EVENTS, strange),
        muted=_flag(said, "Muted"),
        hold=_flag(said, "Hold"),
        coaching=_flag(said, "Coaching"),
        end_on_exit=_flag(said, "EndConferenceOnExit"),
        recording_sid=_sid(said, "RecordingSid", "RE"),
        recording_status=_word(said, "RecordingStatus", RECORDING_STATUSES, strange),
        call_id=_uuid(ours, "call"),
        role=_role(ours),
        action_id=_uuid(ours, "a"),
        step=_token(ours, "step"),
        visit=_token(ours, "visit"),
        was=_token(ours, "was"),
        url=_url(path, query) if source is Source.TWIML else "",
        strange=tuple(strange),
    )


def from_rest(resource: dict[str, Any], *, asked_at: datetime, door: str = "rest") -> Report:
    """The report in a Call resource. Raises Nonsense if it is not one.

    `asked_at` is when the request began: a callback that arrived meanwhile may know more than the answer. `door` is
    HISTORY for what is read of the past.
    """
    said = {name: _storable(value) for name, value in resource.items() if isinstance(value, str | int | float)}
    asked_at = asked_at.astimezone(UTC)
    strange: list[str] = []
    status = _word(said, "status", STATUSES, strange)
    ended_at = _date(said, "end_time") if status in TERMINAL else None
    pairs = sorted(said.items())
    sid = _sid(said, "sid", "CA")
    if not sid:
        raise Nonsense("a Call resource without a sid")
    return Report(
        door=door,
        source=Source.REST,
        digest=digest("rest", f"/Calls/{sid}", "", pairs),
        body=dict(pairs),
        received_at=asked_at,
        call_sid=sid,
        parent_sid=_sid(said, "parent_call_sid", "CA"),
        status=status,
        at=ended_at or asked_at,
        from_number=_text(said, "from"),
        to_number=_text(said, "to"),
        direction=_word(said, "direction", (), strange),
        duration=_number(said, "duration", 7),
        answered_by=_word(said, "answered_by", (), strange),
        price=_price(said),
        started_at=_date(said, "date_created") or _date(said, "start_time"),
        ended_at=ended_at,
        strange=tuple(strange),
    )


def lost(sid: str, *, asked_at: datetime) -> Report:
    """What we say in Twilio's place of a call that its REST API does not know (20404): it failed, and is lost."""
    return replace(from_rest({"sid": sid, "status": "failed", "lost": "20404"}, asked_at=asked_at), lost=True)


def _storable(value: str | int | float) -> str:
    """JSON can spell what neither UTF-8 nor a database can."""
    return str(value).encode("utf-8", "replace").decode().replace("\0", "?")


def digest(door: str, path: str, query: str, pairs: Sequence[tuple[str, str]]) -> str:
    """SHA-256 (hex) of what was said. With lengths, so that no two partitions of one text share a digest."""
    parts = [door, path, query]
    for pair in sorted(pairs):
        parts += pair
    encoded = [part.encode() for part in parts]
    return sha256(b"".join(b"%d:%b" % (len(part), part) for part in encoded)).hexdigest()


# The schema ------------------------------------------------------------------------------------------------------

# Twilio's names, and those of custom parameters, begin with a letter. One that begins with a digit or a slash sorts
# before AccountSid, and so could have been cut from the end of our own URL.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
NECESSARY = {
    "status": ("CallSid", "CallStatus", "From", "To"),
    "voice": ("CallSid", "CallStatus", "From", "To"),
    "dial": ("CallSid", "CallStatus", "From", "To"),
    "twiml": ("CallSid", "CallStatus", "From", "To"),
    "amd": ("CallSid", "AnsweredBy"),
    "conference": ("ConferenceSid", "FriendlyName", "StatusCallbackEvent"),
    "recording": ("RecordingSid", "RecordingStatus"),
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
    "SipResponseCode": "[1-6][0-9][0-9]",
    "StatusCallbackEvent": f"(?:{'|'.join(EVENTS)})",
    "Timestamp": "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [0-9 ]|20[0-9][0-9]-)",
}
LONGER = ("ParticipantCallStatus",)  # of who leaves a conference: ends like one of them, which is not there
_ACTED_ON = re.compile("|".join(f"{name}(?={shape})" for name, shape in _SHAPES.items()))
# Twilio adds parameters without notice, but repeats none of these.
SINGLE = frozenset(_SHAPES) | {"ApiVersion", "FriendlyName", "Digits", "SpeechResult", "From", "To", *SECRETS}


def _schema(door: str, pairs: Sequence[tuple[str, str]], account_sid: str) -> dict[str, str]:
    """The parameters by name, after all that can be said without knowing what they mean."""
    if len(pairs) > MAX_NAMES:
        raise Nonsense("too many parameters")
    said: dict[str, str] = {}
    for name, value in pairs:
        if not NAME.fullmatch(name):
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


def _refuse_moved_borders(pairs: Sequence[tuple[str, str]], said: dict[str, str]) -> None:
    """Refuse a parameter that begins elsewhere in the signed text than where the request says that it begins."""
    text, values = "", {}
    for name, value in sorted(pairs):
        values[len(text) + len(name)] = name
        text += name + value
    for found in _ACTED_ON.finditer(text):
        inner, name = found.group(), values.get(found.end(), "")
        # ParentCallSid ends in CallSid, and so may a custom one: no harm as long as the real one is there too.
        if not (name in (inner, *LONGER) or name.endswith(inner) and inner in said):
            raise Nonsense(f"{inner} inside of another parameter")


def _our_query(query: str) -> dict[str, str]:
    """The query that we wrote ourselves, in lower case: who took in Twilio's first parameter shows a capital."""
    ours: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=50):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or name in ours:
            raise Nonsense("a query that is not ours")
        ours[name] = value
    return ours


def _url(path: str, query: str) -> str:
    url = f"{path}?{query}" if query else path
    if len(url) > MAX_URL:
        raise Nonsense("a query that is longer than ours are")
    return url


def _uuid(ours: dict[str, str], name: str) -> UUID | None:
    value = ours.get(name, "")
    if not value:
        return None
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
        raise Nonsense(f"{name} in the query is not an id")
    return UUID(value)


def _role(ours: dict[str, str]) -> str:
    role = ours.get("role", "")
    if role and role not in ROLES:
        raise Nonsense("role in the query is not a role")
    return role


def _token(ours: dict[str, str], name: str) -> str:
    value = ours.get(name, "")
    if value and not re.fullmatch(r"[a-z0-9_.-]{1,64}", value):
        raise Nonsense(f"{name} in the query is not one of ours")
    return value


def _sid(said: dict[str, str], name: str, prefix: str) -> str:
    value = said.get(name, "")
    if value and not re.fullmatch(prefix + "[0-9a-f]{32}", value):
        raise Nonsense(f"{name} is not a SID")
    return value


def _word(said: dict[str, str], name: str, known: tuple[str, ...], strange: list[str]) -> str:
    """A word of a closed list (an unknown one is strange) or, without a list, any word."""
    value = said.get(name, "")
    if not value:
        return ""
    if not re.fullmatch(r"[a-z][a-z_-]{0,39}", value):
        raise Nonsense(f"{name} is not a word")
    if known and value not in known:
        strange.append(f"{name}={value}")
        return ""
    return value[:24]


def _number(said: dict[str, str], name: str, digits: int) -> int | None:
    value = said.get(name, "")
    if not value:
        return None
    if not re.fullmatch(f"[0-9]{{1,{digits}}}", value):
        raise Nonsense(f"{name} is not a number")
    return int(value)


def _flag(said: dict[str, str], name: str) -> bool | None:
    value = said.get(name, "").lower()
    if not value:
        return None
    if value not in ("true", "false"):
        raise Nonsense(f"{name} is neither true nor false")
    return value == "true"


def _text(said: dict[str, str], name: str) -> str:
    value = said.get(name, "")
    if len(value) > MAX_TEXT:
        raise Nonsense(f"{name} is too long")
    return value


def _address(said: dict[str, str], name: str, twin: str) -> str:
    """A number, or `client:`, `sip:` and the like. Only the copy that Twilio sends along says where it ends."""
    value = _text(said, name)
    if not re.fullmatch(r"\+?[0-9*#]{0,30}", value) and (value[0] == "+" or said.get(twin, value) != value):
        raise Nonsense(f"{name} is not an address")
    return value


def _room(said: dict[str, str]) -> str:
    value = _text(said, "FriendlyName")
    if re.match(r"call-[0-9a-f]{8}-", value) and not re.fullmatch(r"call-[0-9a-f-]{36}", value):
        raise Nonsense("FriendlyName goes on after its end")
    return value


_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} (?:[+-][0-9]{4}|GMT|UTC)"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    """RFC 2822 (voice, one second fine) or ISO 8601 (transcriptions); None if it is neither, or no time in UTC."""
    try:
        moment = datetime.fromisoformat(text) if text[4:5] == "-" else parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _timestamp(said: dict[str, str], received_at: datetime, strange: list[str]) -> datetime | None:
    """When it happened, by Twilio's clock. A garbled one is strange; the report then has the time of its arrival."""
    value = _text(said, "Timestamp")
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


def _date(said: dict[str, str], name: str) -> datetime | None:
    value = said.get(name, "")
    return _moment(value) if _DATE.fullmatch(value) else None


def _price(said: dict[str, str]) -> Decimal | None:
    """As long as the column can hold it: up to 99,999 with five digits behind the point."""
    value = said.get("price", "")
    return Decimal(value) if re.fullmatch(r"-?[0-9]{1,5}(\.[0-9]{1,5})?", value) else None


def _body(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    body: dict[str, str] = {}
    for name, value in pairs:
        body[name] = f"{body[name]}\n{value}" if name in body else value
    for name in SECRETS:
        if name in body:
            body[name] = "[redacted]"
    return body
