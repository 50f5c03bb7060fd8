"""/Queues and their members. Source: https://www.twilio.com/docs/voice/api/queue-resource, …/member-resource"""

from .. import queues, switchboard
from ..clock import rfc2822
from ..errors import Refused
from ..exchange import Exchange
from ..line import Source
from ..queues import Member, Queue
from ..web import Response
from .form import Form
from .pages import page
from .shapes import account_path


def index(exchange: Exchange, form: Form) -> Response:
    path, newest_first = f"{account_path(exchange)}/Queues.json", reversed(exchange.queues.values())
    sid, shape = lambda one: one.sid, lambda one: queue_json(exchange, one)
    return Response(200, page(path, "queues", form, newest_first, lambda one: True, sid, shape))


def create(exchange: Exchange, form: Form) -> Response:
    queue = queues.create(exchange, _name(exchange, form), _size(form))
    return Response(201, queue_json(exchange, queue))


def fetch(exchange: Exchange, queue: Queue) -> Response:
    return Response(200, queue_json(exchange, queue))


def update(exchange: Exchange, queue: Queue, form: Form) -> Response:
    if form.has("FriendlyName") and form.get("FriendlyName") != queue.name:
        queue.name = _name(exchange, form)
    queue.max_size = _size(form, queue.max_size)
    queue.updated_at = exchange.clock.now()
    return Response(200, queue_json(exchange, queue))


def delete(exchange: Exchange, queue: Queue) -> Response:
    if queue.members:
        raise Refused(20409, words="Queue is not empty")
    del exchange.queues[queue.sid]
    return Response(204)


def members(exchange: Exchange, queue: Queue, form: Form) -> Response:
    """First come, first in the list."""
    path = f"{account_path(exchange)}/Queues/{queue.sid}/Members.json"
    sid, shape = lambda one: one.call.sid, lambda one: member_json(exchange, one)
    return Response(200, page(path, "queue_members", form, queue.members, lambda one: True, sid, shape))


def member(exchange: Exchange, member: Member) -> Response:
    return Response(200, member_json(exchange, member))


def dequeue(exchange: Exchange, member: Member, form: Form) -> Response:
    """Takes them out: they go on with the document at Url, and their <Enqueue> is told in vain that they have left."""
    url = form.url("Url")
    if not url:
        raise Refused(21205, words="Url parameter is required.")
    switchboard.redirect(exchange, member.call, Source(url, form.method("Method")))
    return Response(200, member_json(exchange, member))


def queue_json(exchange: Exchange, queue: Queue) -> dict[str, object]:
    return {
        "sid": queue.sid,
        "account_sid": exchange.settings.account_sid,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.max_size,
        "average_wait_time": queue.average_wait,
        "date_created": rfc2822(queue.created_at),
        "date_updated": rfc2822(queue.updated_at),
        "uri": f"{account_path(exchange)}/Queues/{queue.sid}.json",
    }


def member_json(exchange: Exchange, member: Member) -> dict[str, object]:
    return {
        "call_sid": member.call.sid,
        "queue_sid": member.queue.sid,
        "date_enqueued": rfc2822(member.enqueued_at),
        "position": member.queue.place_of(member),
        "wait_time": round(queues.seconds_of(exchange, member)),
        "uri": f"{account_path(exchange)}/Queues/{member.queue.sid}/Members/{member.call.sid}.json",
    }


def _name(exchange: Exchange, form: Form) -> str:
    name = form.get("FriendlyName")
    if not 0 < len(name) <= queues.LONGEST_NAME:
        raise Refused(20001, "FriendlyName must have from 1 to 64 characters")
    if queues.find(exchange, name) is not None:
        raise Refused(20409, words=f"Queue {name} exists already")
    return name


def _size(form: Form, default: int = queues.USUAL_SIZE) -> int:
    return int(form.seconds("MaxSize", default, most=queues.MOST_SIZE, code=20001))
