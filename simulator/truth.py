"""What really happened, for those who compare it with what an application believes."""

from .calls import Call
from .clock import iso, speed_in_words
from .conferences import Conference
from .exchange import Exchange
from .queues import Queue


def truth(exchange: Exchange) -> dict[str, object]:
    return {
        "now": iso(exchange.clock.now()),
        "speed": speed_in_words(exchange.clock.speed),
        "seed": exchange.settings.seed,
        "live": len(exchange.live),
        "calls": [call_truth(call) for call in exchange.calls.values()],
        "conferences": [conference_truth(conference) for conference in exchange.conferences.values()],
        "queues": [queue_truth(queue) for queue in exchange.queues.values()],
        "notes": list(exchange.notes),
    }


def call_truth(call: Call) -> dict[str, object]:
    return {
        "sid": call.sid,
        "parent_sid": call.parent.sid if call.parent else None,
        "direction": call.direction,
        "from": call.from_,
        "to": call.to,
        "status": call.status,
        "over": call.over,
        "created_at": iso(call.created_at),
        "started_at": iso(call.started_at),
        "ringing_at": iso(call.ringing_at),
        "answered_at": iso(call.answered_at),
        "ended_at": iso(call.ended_at),
        "ended_by": call.ended_by,
        "duration": call.duration,
        "sip_code": call.sip_code if call.over else None,
        "connected": bool(call.person and call.person.connected and not call.over),
        "conference_sid": call.seat.conference.sid if call.seat and not call.seat.left.done() else None,
        "queue": call.member.queue.name if call.member else None,
        "answered_by": call.answered_by,
        "persona": call.persona,
        "rings_by_hand": call.decision is not None,
        "listens_for": sorted(call.listening.kinds) if call.listening and not call.over else [],
        "heard": call.heard,
        "said": call.said,
    }


def conference_truth(conference: Conference) -> dict[str, object]:
    return {
        "sid": conference.sid,
        "name": conference.name,
        "status": conference.status,
        "created_at": iso(conference.created_at),
        "started_at": iso(conference.started_at),
        "ended_at": iso(conference.ended_at),
        "reason_ended": conference.reason_ended,
        "ended_by": conference.ended_by.sid if conference.ended_by else None,
        "participants": [
            {
                "call_sid": seat.call.sid,
                "label": seat.label,
                "muted": seat.muted,
                "hold": seat.hold,
                "coached_sid": seat.coached_sid,
                "status": seat.status,
            }
            for seat in (*conference.seats.values(), *conference.invited.values())
        ],
        "history": conference.history,
    }


def queue_truth(queue: Queue) -> dict[str, object]:
    return {
        "sid": queue.sid,
        "name": queue.name,
        "average_wait": queue.average_wait,
        "waiting": [{"call_sid": one.call.sid, "enqueued_at": iso(one.enqueued_at)} for one in queue.members],
    }
