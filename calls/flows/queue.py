"""A caller waits: a greeting, then a room of their own, and in it words and music until an agent comes in.

Where the caller is in the queue is in our row; the agents are rung by floor/routing.py.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from calls.control.verbs.announce import audio_address
from calls.control.verbs.redirecting import address, url
from calls.floor.routing import way_on
from calls.flows.answering import SORRY, answer, visit_of
from calls.live import hint
from calls.models import Action, Call, Line, Queue, Visit, Waiting, publish
from calls.twilio import twiml
from calls.twilio.reports import Report, Source
from calls.twilio.signature import TwilioRequest, from_twilio

GREETING = "Thank you for calling. Please stay on the line: somebody will be with you soon."
CLOSED = "We are closed at the moment. Please call again later. Goodbye."
NEXT, PLACE = "You are next.", "You are number {place} in the line."
THANKS_FOR_WAITING = "Thank you for waiting."
TURN = 10  # seconds; with the words, what a supervisor wants said is heard within fifteen
EVERY = 3  # turns; in the others there is music alone
MOST_VISITS = 30  # whoever comes in so often is not let in by Twilio, or nobody stays with them


def welcome(call: Call, line: Line, queue: Queue) -> str:
    """The line's greeting; a closed queue says so. Who has been in it already is not turned away."""
    if not queue.open and not Waiting.objects.filter(call=call).exists():
        return twiml.goodbye(CLOSED)
    greeting = line.greeting or queue.greeting or GREETING
    return twiml.greeting(greeting, then=url("voice", call, step=f"queue.{queue.pk}", visit=1))


def enter(call: Call, pk: int, visit: int) -> str:
    """Into the queue, and into the room where they wait. Asked again they are where they are."""
    queue = Queue.objects.filter(pk=pk).first()
    if queue is None or visit > MOST_VISITS:
        return twiml.goodbye(SORRY)
    take_in(call, queue, visit, timezone.now())
    step = f"queue.{queue.pk}"
    return twiml.enter_room(
        call.room,
        action=url("dial", call, step=step, visit=visit),
        wait=url("wait", call, step=step, visit=1),
        events=twiml.absolute(settings.PUBLIC_URL, reverse("twilio-conference"), call=call.pk),
    )


def take_in(call: Call, queue: Queue, visit: int, now: datetime) -> None:
    """At the end of the queue; back in it after somebody had answered, at the front. Whom a supervisor has moved to
    another queue since this visit stays there."""
    with transaction.atomic():
        Call.objects.select_for_update().get(pk=call.pk)
        step = {"call": call, "step": f"queue.{queue.pk}", "visit": visit}
        _, first = Visit.objects.get_or_create(**step, defaults={"at": now})
        entry = Waiting.objects.select_for_update().select_related("queue").filter(call=call).first()
        if entry is None or (first and entry.queue_id != queue.pk):
            entry = entry or Waiting(call=call)
            entry.begin(queue, now)
        if entry.left_at is not None:
            entry.come_back()
        entry.visit, entry.asked_at = max(entry.visit, visit), None
        entry.save()
        if call.queue != entry.queue.name:
            Call.objects.filter(pk=call.pk).update(queue=entry.queue.name)
            hint.publish_on_commit(publish([call.pk]))


# What is heard in the room ------------------------------------------------------------------------------------------


@from_twilio("wait", Source.TWIML, methods=("POST", "GET"))
async def wait(request: TwilioRequest) -> HttpResponse:
    return await answer(request, turn)


def turn(call_id: UUID, report: Report) -> str:
    """One turn of waiting: where they are in the queue, and music. What a supervisor wished comes first."""
    call = Call.objects.get(pk=call_id)
    visit = visit_of(report.visit)
    if (action := wished(call)) is not None:
        return twiml.go_on(address(action, "say"))
    entry = Waiting.objects.select_related("queue__music").filter(call=call).first()
    then = url("wait", call, step=report.step, visit=visit + 1)
    music = entry.queue.music if entry else None
    words = [] if entry is None or visit % EVERY != 1 else [where(entry), THANKS_FOR_WAITING]
    if music is not None and music.audio:
        return twiml.waiting(*words, play=audio_address(music.pk), then=then)
    return twiml.waiting(*words, pause=TURN, then=then)


def where(entry: Waiting) -> str:
    return PLACE.format(place=entry.before + 1) if entry.before else NEXT


def wished(call: Call) -> Action | None:
    """What a supervisor wants whoever waits here to hear: the plan's facts say that it is for a turn of waiting. It is
    asked for at its own address, which shows that it is heard, and leads back here (`facts.back`)."""
    waits = Action.objects.filter(call=call, verb="announce", state__in=SENT).order_by("requested_at")
    return next((one for one in waits if one.plan.get("facts", {}).get("turn") and not one.seen), None)


SENT = (Action.State.SENDING, Action.State.ACCEPTED, Action.State.UNKNOWN)


# What comes after the room ------------------------------------------------------------------------------------------


def after_room(call_id: UUID, report: Report) -> str:
    """The room is over and the caller is still there. Nothing is done here: when the caller was sent somewhere else
    Twilio asks as well, and in vain."""
    call = Call.objects.get(pk=call_id)
    entry = Waiting.objects.select_related("queue").filter(call=call).first()
    visit = visit_of(report.visit)
    return twiml.go_on(url("voice", call, step="thanks", visit=visit) if entry is None else way_on(entry, visit))
