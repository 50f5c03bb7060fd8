"""Which resource a path means, and what can be done with it. Source: github.com/twilio/twilio-oai, api_v2010."""

from collections.abc import Callable

from ..calls import Call
from ..conferences import Conference
from ..errors import Refused
from ..exchange import Exchange
from ..web import Response
from . import (
    applications,
    call_events,
    calls,
    conferences,
    forks,
    notifications,
    numbers,
    participants,
    queues,
    recordings,
)
from .form import Form

Answer = Callable[[], Response]

FORKS = ("Streams", "Siprec", "Transcriptions")


def route(exchange: Exchange, method: str, parts: list[str], form: Form, path: str) -> Response:
    """`parts` stand between the account and .json. Raises Refused: 20404, or 20004 if only the method is wrong."""
    match parts:
        case ["Calls"]:
            return _collection(method, lambda: calls.index(exchange, form), lambda: calls.create(exchange, form))
        case ["Calls", sid, *further] if (call := exchange.calls.get(sid)) is not None:
            return _of_call(exchange, method, call, further, form, path)
        case ["Conferences"]:
            return _collection(method, lambda: conferences.index(exchange, form))
        case ["Conferences", name, "Participants"] if method == "POST":
            return participants.create(exchange, name, form)
        case ["Conferences", sid, *further] if (conference := exchange.conferences.get(sid)) is not None:
            return _of_conference(exchange, method, conference, further, form, path)
        case ["Queues", *further]:
            return _queues(exchange, method, further, form, path)
        case ["Recordings"]:
            return _collection(method, lambda: recordings.index(exchange, form))
        case ["Recordings", sid] if (recording := exchange.recordings.get(sid)) is not None and method != "POST":
            if recording.deleted and not (method == "GET" and form.flag("IncludeSoftDeleted")):
                raise Refused(20404, path)
            if method == "DELETE":
                return recordings.delete(exchange, recording)
            return recordings.fetch(exchange, recording)
        case ["Notifications", *further]:
            return _notifications(exchange, method, None, further, form, path)
        case ["Applications", *further]:
            return _applications(exchange, method, further, form, path)
        case ["IncomingPhoneNumbers", *further]:
            return _numbers(exchange, method, further, form, path)
    raise Refused(20404, path)


def _of_call(exchange: Exchange, method: str, call: Call, further: list[str], form: Form, path: str) -> Response:
    match method, further:
        case "GET", []:
            return calls.fetch(exchange, call)
        case "POST", []:
            return calls.update(exchange, call, form)
        case "DELETE", []:
            return calls.delete(exchange, call)
        case "GET", ["Events"]:
            return call_events.index(exchange, call, form)
        case _, ["Notifications", *rest]:
            return _notifications(exchange, method, call, rest, form, path)
        case "GET", ["Recordings"]:
            return recordings.index(exchange, form, call=call)
        case "POST", ["Recordings"]:
            return recordings.create(exchange, call, form)
        case _, ["Recordings", sid]:
            return _recording(exchange, method, recordings.of_call(exchange, call, sid, path), form, call=call)
        case "POST", [kind] if kind in FORKS:
            return forks.create(exchange, call, kind, form)
        case "POST", [kind, sid] if kind in FORKS:
            return forks.update(exchange, call, kind, sid, form, path)
    raise Refused(20004 if not further or further[0] in ("Events", "Recordings", *FORKS) else 20404, path)


def _of_conference(
    exchange: Exchange, method: str, conference: Conference, further: list[str], form: Form, path: str
) -> Response:
    match method, further:
        case "GET", []:
            return conferences.fetch(exchange, conference)
        case "POST", []:
            return conferences.update(exchange, conference, form)
        case "GET", ["Participants"]:
            return participants.index(exchange, conference, form)
        case "GET", ["Recordings"]:
            return recordings.index(exchange, form, conference=conference)
        case _, ["Recordings", sid]:
            recording = recordings.of_conference(exchange, conference, sid, path)
            return _recording(exchange, method, recording, form, conference=conference)
        case _, ["Participants", who]:
            if (seat := conference.seat_of(who)) is None:
                raise Refused(20404, path)
            match method:
                case "GET":
                    return participants.fetch(exchange, seat)
                case "POST":
                    return participants.update(exchange, seat, form)
                case "DELETE":
                    return participants.delete(exchange, seat)
    raise Refused(20004)


def _recording(
    exchange: Exchange,
    method: str,
    recording: recordings.Recording,
    form: Form,
    *,
    call: Call | None = None,
    conference: Conference | None = None,
) -> Response:
    match method:
        case "GET":
            return recordings.fetch(exchange, recording, call=call, conference=conference)
        case "POST":
            return recordings.update(exchange, recording, form, call=call, conference=conference)
        case "DELETE":
            return recordings.delete(exchange, recording)
    raise Refused(20004)


def _queues(exchange: Exchange, method: str, further: list[str], form: Form, path: str) -> Response:
    if not further:
        return _collection(method, lambda: queues.index(exchange, form), lambda: queues.create(exchange, form))
    if (queue := exchange.queues.get(further[0])) is None:
        raise Refused(20404, path)
    match method, further[1:]:
        case "GET", []:
            return queues.fetch(exchange, queue)
        case "POST", []:
            return queues.update(exchange, queue, form)
        case "DELETE", []:
            return queues.delete(exchange, queue)
        case "GET", ["Members"]:
            return queues.members(exchange, queue, form)
        case _, ["Members", who]:
            if (member := queue.member_of(who)) is None:
                raise Refused(20404, path)
            if method == "GET":
                return queues.member(exchange, member)
            if method == "POST":
                return queues.dequeue(exchange, member, form)
    raise Refused(20004)


def _notifications(
    exchange: Exchange, method: str, call: Call | None, further: list[str], form: Form, path: str
) -> Response:
    match method, further:
        case "GET", []:
            return notifications.index(exchange, call, form)
        case "GET", [sid]:
            return notifications.fetch(exchange, call, sid, path)
    raise Refused(20004)


def _applications(exchange: Exchange, method: str, further: list[str], form: Form, path: str) -> Response:
    if not further:
        return _collection(
            method, lambda: applications.index(exchange, form), lambda: applications.create(exchange, form)
        )
    if (application := exchange.applications.get(further[0])) is None or further[1:]:
        raise Refused(20404, path)
    match method:
        case "GET":
            return applications.fetch(exchange, application)
        case "POST":
            return applications.update(exchange, application, form)
        case "DELETE":
            return applications.delete(exchange, application)
    raise Refused(20004)


def _numbers(exchange: Exchange, method: str, further: list[str], form: Form, path: str) -> Response:
    if not further:
        return _collection(method, lambda: numbers.index(exchange, form), lambda: numbers.create(exchange, form))
    if (number := exchange.numbers.get(further[0])) is None or further[1:]:
        raise Refused(20404, path)
    match method:
        case "GET":
            return numbers.fetch(exchange, number)
        case "POST":
            return numbers.update(exchange, number, form)
        case "DELETE":
            return numbers.delete(exchange, number)
    raise Refused(20004)


def _collection(method: str, index: Answer, create: Answer | None = None) -> Response:
    if method == "GET":
        return index()
    if method == "POST" and create is not None:
        return create()
    raise Refused(20004)
