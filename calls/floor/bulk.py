"""One wish on many calls, worked off one after the other at a steady rate.

In one process of all. Nothing is kept but the row: how far it came is written down behind each call, and whoever dies
before that asks for the same call again, with the same key, and finds the action that was made.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import Error, transaction
from django.db.models import F
from django.utils import timezone

from calls.control import perform, policy
from calls.control.verbs import VERBS
from calls.failpoints import crash
from calls.models import Action, Bulk, Call, Queue, Waiting, append_audit
from calls.twilio import gateway

RATE = 4  # wishes a second; Twilio answers tens of requests at once, and other wishes are to get through as well
IDLE = 0.5  # seconds between two looks at whether there is something to do
VERBS_IN_BULK = ("announce", "redirect", "end")
MOST = 2000  # calls at once
ANSWERED = "Left alone: somebody talks to them by now."
NOT_THERE = "There is no such call that you may see."
TROUBLE = "The desk met trouble with this call: nothing is known of it."
log = logging.getLogger(__name__)


def begin(
    by: User, verb: str, fields: Mapping[str, str], calls: Sequence[UUID], *, queue: Queue | None, key: UUID
) -> Bulk:
    """Recorded; the first wish follows within half a second."""
    now = timezone.now()
    with transaction.atomic():
        bulk, new = Bulk.objects.get_or_create(
            by=by,
            key=key,
            defaults={
                "verb": verb, "fields": dict(fields), "calls": [str(pk) for pk in calls], "queue": queue,
                "alone": [] if queue else alone(calls), "started_at": now,
            },
        )  # fmt: skip
        if new:
            write(bulk, "bulk.begun", by, now, calls=len(bulk.calls))
    return bulk


def alone(calls: Sequence[UUID]) -> list[str]:
    """Those of them who talk to nobody yet."""
    waiting = Call.objects.filter(pk__in=calls, ended_at=None).exclude(status__in=Call.TALKS)
    return [str(pk) for pk in waiting.values_list("pk", flat=True)]


def stop(bulk: Bulk, by: User) -> bool:
    """No call more. What was asked for already goes on."""
    now = timezone.now()
    with transaction.atomic():
        running = Bulk.objects.filter(pk=bulk.pk, stopped_at=None, finished_at=None)
        stopped = bool(running.update(stopped_at=now, stopped_by=by))
        if stopped:
            bulk.refresh_from_db()
            write(bulk, "bulk.stopped", by, now, made=bulk.made)
    return stopped


def write(bulk: Bulk, what: str, by: User, now: datetime, **facts: object) -> None:
    append_audit(
        [{"what": what, "user_id": by.pk, "facts": {"bulk": str(bulk.pk), "verb": bulk.verb, **facts}}], at=now
    )


def work_off() -> float:
    """The next call of the bulk whose turn it is. Returns the seconds until the next one's."""
    running = Bulk.objects.filter(stopped_at=None, finished_at=None).select_related("by", "queue")
    bulk = running.order_by(F("last_at").asc(nulls_first=True), "started_at").first()
    if bulk is None or policy.provider_refusal() is not None:
        return IDLE  # while Twilio does not answer it waits, and its page says so
    began = time.monotonic()
    make(bulk, bulk.next)
    return max(0.0, 1 / RATE - (time.monotonic() - began))


def make(bulk: Bulk, call: UUID) -> None:
    """The wish on one call, as if its supervisor pressed the button there."""
    # Once it is stopped no other call is asked for; until then its page knows that one is.
    if not Bulk.objects.filter(pk=bulk.pk, made=bulk.made, stopped_at=None).update(asking_at=timezone.now()):
        return
    why = ask(bulk, call)
    crash("bulk.after_wish")
    now = timezone.now()
    last = bulk.made + 1 >= len(bulk.calls)
    refused = bulk.refused | ({str(call): why} if why else {})
    with transaction.atomic():
        # Guarded: another process may have been as far.
        moved = Bulk.objects.filter(pk=bulk.pk, made=bulk.made).update(
            made=bulk.made + 1, refused=refused, last_at=now, asking_at=None, finished_at=now if last else None
        )
        if moved and last:
            write(bulk, "bulk.finished", bulk.by, now, refused=len(refused))


def left(bulk: Bulk, call: UUID) -> str:
    """Of a queue those are meant who wait there, and of a list who was alone is meant as long as they are: who talks to
    somebody before it is their turn is left alone. Not if the wish was made already, and whoever made it died: then it
    may be why they wait no more."""
    if Action.objects.filter(by=bulk.by_id, key=bulk.key_of(call)).exists():
        return ""
    if bulk.queue is None:
        answered = str(call) in bulk.alone and Call.objects.filter(pk=call, status__in=Call.TALKS).exists()
        return ANSWERED if answered else ""
    waits = Waiting.objects.filter(call=call, queue=bulk.queue, left_at=None).exists()
    return "" if waits else f"This call does not wait in {bulk.queue.name} any more."


def ask(bulk: Bulk, call: UUID) -> str:
    """Why it was refused, "" if it was not: then its action tells."""
    if not Call.objects.visible_to(bulk.by).filter(pk=call).exists():
        return NOT_THERE
    if (gone := left(bulk, call)) != "":
        return gone
    try:
        verb, key = VERBS[bulk.verb], bulk.key_of(call)
        answer = perform.wish(call, bulk.by, bulk.verb, verb, bulk.fields, key=key, shape="")
        if answer.action and answer.replayed and answer.state == Action.State.REQUESTED:
            # Whoever recorded it died before it was sent.
            recorded = Action.objects.get(pk=answer.action)
            perform.pursue(recorded, verb, until=time.monotonic() + gateway.DEADLINE)
    except Error:
        raise  # the database's: the same call again, as soon as it is there
    except Exception:
        log.exception("The wish of bulk %s on call %s could not be made.", bulk.pk, call)
        return TROUBLE
    return "" if answer.action else answer.message
