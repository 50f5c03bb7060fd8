"""/Conferences. Source: https://www.twilio.com/docs/voice/api/conference-resource"""

from .. import conferences
from ..conference_sounds import announce
from ..conferences import Conference
from ..errors import Refused
from ..exchange import Exchange
from ..line import Source
from ..web import Response
from .dates import fits
from .form import Form
from .pages import page
from .shapes import account_path, conference_json


def index(exchange: Exchange, form: Form) -> Response:
    def wanted(one: Conference) -> bool:
        return (
            form.get("Status") in ("", one.status)
            and form.get("FriendlyName") in ("", one.name)
            and fits(form, "DateCreated", one.created_at)
            and fits(form, "DateUpdated", one.updated_at or one.created_at)
        )

    path, newest_first = f"{account_path(exchange)}/Conferences.json", reversed(exchange.conferences.values())
    shape = page(
        path, "conferences", form, newest_first, wanted, lambda one: one.sid, lambda one: conference_json(exchange, one)
    )
    return Response(200, shape)


def fetch(exchange: Exchange, conference: Conference) -> Response:
    return Response(200, conference_json(exchange, conference))


def update(exchange: Exchange, conference: Conference, form: Form) -> Response:
    """Ends it for all, or plays an announcement to all; a conference that has ended can do neither."""
    if conference.over:
        raise Refused(16022, conference.sid)
    if announcement := form.url("AnnounceUrl"):
        if conference.status != "in-progress":
            raise Refused(16001)
        source = Source(announcement, form.method("AnnounceMethod"), purpose="announce")
        exchange.spawn(announce(exchange, conference, source))
    if form.get("Status") == "completed":
        conferences.end(exchange, conference, "conference-ended-via-api")
    return Response(200, conference_json(exchange, conference))
