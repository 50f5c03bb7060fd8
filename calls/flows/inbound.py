"""A caller phones in: a greeting, then one agent of the line's team after the other, then a kind goodbye.

Every answer is a pure function of the call and the step and visit in the address: Twilio may ask twice.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from calls.control.verbs.redirecting import taken_away, url
from calls.flows import back, bot, queue
from calls.flows.answering import SORRY, answer, ask_again, sent_elsewhere, visit_of
from calls.models import Agent, Call, Leg, Line, Visit
from calls.twilio import twiml
from calls.twilio.reports import Report, Source
from calls.twilio.signature import TwilioRequest, from_twilio

RING_SECONDS = 20
TRIES = 3
GREETING = "Thank you for calling. We are connecting you."
THANKS = "Thank you for calling. Goodbye."
GOODBYES = {"thanks": THANKS, "sorry": SORRY}
NOBODY_HERE = "Nobody can take your call at this number. Goodbye."


@from_twilio("voice", Source.TWIML)
async def voice(request: TwilioRequest) -> HttpResponse:
    return await answer(request, voice_step)


@from_twilio("dial", Source.TWIML, methods=("POST", "GET"))
async def dial(request: TwilioRequest) -> HttpResponse:
    return await answer(request, after_ringing)


def voice_step(call_id: UUID, report: Report) -> str:
    """The first request of a call, or a later one that our own answer asked for.

    Steps: none or `line` (greeting), `ring`, `thanks`, `sorry`; `line.7` and `ring.7` for a call that a supervisor sent
    to another line; `queue.3` (flows/queue.py); `bot.7` (flows/bot.py); `back` (flows/back.py).
    """
    call = Call.objects.select_related("line__queue").get(pk=call_id)
    step, _, pk = report.step.partition(".")
    if step in GOODBYES:
        return twiml.goodbye(GOODBYES[step])
    if step == back.STEP and (way := back.way_back(call, report.call_sid)):
        return twiml.go_on(way)
    known = pk.isdecimal() and len(pk) < 10
    if step == "queue" and known:
        return queue.enter(call, int(pk), visit_of(report.visit))
    line = Line.objects.select_related("queue").filter(pk=int(pk)).first() if known else call.line
    if line is not None and line.flow == Line.Flow.QUEUE and line.queue is not None:
        return queue.welcome(call, line, line.queue)
    if line is not None and line.bot and step != "ring" and (step == bot.STEP or line.flow == Line.Flow.BOT):
        return bot.talk(call, line, visit_of(report.visit)) if step == bot.STEP else bot.welcome(call, line)
    if call.kind != "inbound" and not pk:
        return twiml.goodbye(NOBODY_HERE)
    ringing = f"ring.{pk}" if pk else "ring"
    if step == "ring":
        return ring(call, line, ringing, visit_of(report.visit))
    greeting = line.greeting or GREETING if line else GREETING
    return twiml.greeting(greeting, then=url("voice", call, step=ringing, visit=1))


def ring(call: Call, line: Line | None, step: str, visit: int) -> str:
    agent = agent_for(call, line, step, visit)
    if agent is None:
        return twiml.goodbye(SORRY)
    return twiml.ring(
        agent.contact,
        action=url("dial", call, step=step, visit=visit),
        status=twiml.absolute(settings.PUBLIC_URL, reverse("twilio-status"), call=call.pk, role=Leg.Role.AGENT),
        seconds=RING_SECONDS,
    )


def after_ringing(call_id: UUID, report: Report) -> str:
    """The `action` of <Dial> (twilio.com/docs/voice/twiml/dial): talked, or not answered and the next one rings.

    Whose agent was taken away by a supervisor is not lost with the agent: the next one rings.
    """
    if sent_elsewhere(call_id, report):
        return ask_again(report)
    if report.step.startswith("queue."):
        return queue.after_room(call_id, report)
    if report.step.startswith(f"{bot.STEP}."):
        return bot.after_talk(call_id, report)
    call = Call.objects.get(pk=call_id)
    visit, taken = visit_of(report.visit), taken_away(call_id, report)
    if report.talked and not taken:
        return twiml.go_on(url("voice", call, step="thanks", visit=visit))
    if visit >= TRIES and not taken:
        return twiml.go_on(url("voice", call, step="sorry", visit=visit))
    return twiml.go_on(url("voice", call, step=report.step or "ring", visit=visit + 1))


def agent_for(call: Call, line: Line | None, step: str, visit: int) -> Agent | None:
    """Who is rung at this visit: decided once, the same when asked again."""
    with transaction.atomic():
        Call.objects.select_for_update().get(pk=call.pk)
        decided = Visit.objects.select_related("agent").filter(call=call, step=step, visit=visit).first()
        if decided is None:
            team = line.team_id if line is not None and line.pk != call.line_id else call.team_id
            agent = free_agent(call, team)
            decided = Visit.objects.create(call=call, step=step, visit=visit, agent=agent, at=timezone.now())
    return decided.agent


def free_agent(call: Call, team: int | None) -> Agent | None:
    """Of the line's team: available, on no call, not just being rung for another, and longest without a call."""
    if team is None:
        return None
    mates = Agent.objects.filter(teams=team, state=Agent.State.AVAILABLE)
    # Of two callers at once the second waits here, and then sees whom the first one got. `no_key`: the commit of a
    # report checks its foreign keys to agents and need not wait.
    list(mates.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    just_now = timezone.now() - timedelta(seconds=RING_SECONDS + 5)
    theirs = Q(to_number=OuterRef("contact")) | Q(from_number=OuterRef("contact"))
    talking = Leg.objects.filter(theirs, ended_at=None, unverified=False)
    rung = Visit.objects.filter(agent=OuterRef("pk"), at__gt=just_now, call__ended_at=None).exclude(call=call)
    tried = Visit.objects.filter(agent=OuterRef("pk"), call=call)
    return (
        mates.exclude(Exists(talking) | Exists(rung) | Exists(tried))
        .annotate(rung_at=Max("visit__at"))
        .order_by(F("rung_at").asc(nulls_first=True), "pk")
        .first()
    )
