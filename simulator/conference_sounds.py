"""What is heard in a conference besides its people's talk: announcements.

Source: https://www.twilio.com/docs/voice/api/conference-resource (AnnounceUrl)
"""

from .aside import play
from .conference_reports import report
from .conferences import Conference, Seat
from .exchange import Exchange
from .line import Source


async def announce(exchange: Exchange, conference: Conference, source: Source, only: Seat | None = None) -> None:
    """Plays a document to one participant or to all; its end is an event of its own."""
    listeners = [only] if only else list(conference.seats.values())
    if not listeners:
        return
    error = await play(exchange, listeners[0].call, source, also=[seat.call for seat in listeners[1:]])
    if conference.over or (only is not None and only.left.done()):
        return
    extra = [("AnnounceUrl", source.url)]
    if error is not None:
        extra.append(("ReasonAnnouncementFailed", f"{error.code}"))
    report(exchange, conference, "announcement-fail" if error else "announcement-end", only, extra)
