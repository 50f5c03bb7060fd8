"""Open alarms as the desks are told of them."""

from typing import Any

from calls.live import frames
from calls.models import Alarm, name_of

MOST = 100  # that a desk is told of, the worst first


def open_alarms() -> list[tuple[int | None, dict[str, Any]]]:
    """All that are open, each with the team it is of: by one query, for all desks of the process."""
    found = Alarm.objects.filter(cleared_at=None).select_related("team", "queue", "owner")
    return [(alarm.team_id, told(alarm)) for alarm in found.order_by("-severity", "raised_at", "pk")[:MOST]]


def told(alarm: Alarm) -> dict[str, Any]:
    """No number and no caller's name: whose time it is the desk finds by `call`, if this person sees that call."""
    owner = alarm.owner
    return {
        "id": alarm.pk,
        "kind": alarm.kind,
        "where": alarm.where,
        "team": alarm.team_id,
        "queue": alarm.queue_id,
        "severity": alarm.severity,
        "since": frames.moment(alarm.since),
        "value": alarm.value,
        "limit": alarm.limit,
        "began": frames.moment(alarm.began),
        "number": alarm.number,
        "call": str(alarm.call_id) if alarm.call_id else "",
        "owner": name_of(owner) if owner else "",
        "acked_at": frames.moment(alarm.acked_at),
        "snoozed_until": frames.moment(alarm.snoozed_until),
    }
