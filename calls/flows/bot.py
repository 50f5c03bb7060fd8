"""A caller talks with an AI agent: a WebSocket of another application, by Twilio's ConversationRelay.

Twilio turns speech into text and back; the AI agent says when it is over, and whether a person is wanted
(twilio.com/docs/voice/conversationrelay/websocket-messages: `end` with `handoffData`).
"""

import json
from uuid import UUID

from calls.control.verbs.redirecting import url
from calls.flows.answering import SORRY, visit_of
from calls.models import Call, Line, Queue
from calls.twilio import twiml
from calls.twilio.reports import Report

GREETING = "Thank you for calling. You are going to talk with our digital assistant."
STEP = "bot"
MOST_VISITS = 30  # whoever comes back so often is sent in circles


def welcome(call: Call, line: Line) -> str:
    """The line's greeting, or ours, which says with whom they are going to talk."""
    return twiml.greeting(line.greeting or GREETING, then=url("voice", call, step=f"{STEP}.{line.pk}", visit=1))


def talk(call: Call, line: Line, visit: int) -> str:
    if visit > MOST_VISITS:
        return twiml.goodbye(SORRY)
    return twiml.with_bot(line.bot, action=url("dial", call, step=f"{STEP}.{line.pk}", visit=visit))


def after_talk(call_id: UUID, report: Report) -> str:
    """The goodbye, if the AI agent ended it and said no more. Whom it handed over, whom it left without a word, and who
    never reached it, waits for a person."""
    call = Call.objects.get(pk=call_id)
    visit = visit_of(report.visit)
    if report.session == "ended" and not report.handoff.strip():
        return twiml.go_on(url("voice", call, step="thanks", visit=visit))
    line = Line.objects.select_related("queue").filter(pk=report.step.partition(".")[2]).first()
    if line is None:
        return twiml.go_on(url("voice", call, step="sorry", visit=visit))
    queue = queue_in(report.handoff, line) or line.queue
    step = f"ring.{line.pk}" if queue is None else f"queue.{queue.pk}"
    return twiml.go_on(url("voice", call, step=step, visit=visit))


def queue_in(handoff: str, line: Line) -> Queue | None:
    """The queue of the line's team that the AI agent names: {"queue": "Refunds"}. All else it says is for people."""
    try:
        said = json.loads(handoff)
    except ValueError:
        return None
    name = said.get("queue") if isinstance(said, dict) else None
    return Queue.objects.filter(team=line.team_id, name=name).first() if isinstance(name, str) and name else None
