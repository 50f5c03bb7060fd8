"""One call, verified on demand: Twilio is asked for each of its live legs, and what it says is recorded."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from calls.failpoints import crash
from calls.intake.reconcile import provider
from calls.intake.record import record
from calls.models import Call, Leg, append_audit
from calls.twilio import gateway
from calls.twilio.reports import Report, from_rest
from calls.twilio.schema import Nonsense

AGAIN = 5  # seconds between two looks at one call, whoever asks
DEADLINE = 8.0  # seconds for all legs of a call
AT_ONCE = 2


@dataclass(frozen=True)
class Verified:
    """An HTTP status, the call's state (live, ended; refused when nobody could be asked) and a sentence."""

    status: int
    state: str
    message: str


def verify(call_id: UUID, by: User) -> Verified:
    """Ask, record, and say what came of it. The caller has checked that `by` may see the call."""
    sids = sorted(Leg.objects.filter(call=call_id, ended_at=None).values_list("sid", flat=True))
    if not sids:
        return told(call_id, [], [])
    if not cache.add(f"verify:{call_id}", 1, AGAIN):
        return Verified(429, "refused", f"Twilio was asked a moment ago. Try again in {AGAIN} seconds.")
    until = time.monotonic() + DEADLINE
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda sid: ask(sid, until), sids))
    reports = [answer for answer in answers if isinstance(answer, Report)]
    failures = [answer for answer in answers if isinstance(answer, str)]
    crash("reconcile.after_read")
    if reports:
        record(reports)
    if not failures:
        provider.vouch(call_id)
    found = told(call_id, sids, failures)
    with transaction.atomic():
        facts = {"legs": len(sids), "answered": len(reports), "state": found.state}
        entry = {"what": "call.verified", "user_id": by.pk, "call_id": call_id, "facts": facts}
        append_audit([entry], at=timezone.now())
    return found


def ask(sid: str, until: float) -> Report | str:
    """What Twilio says of the leg, or why it says nothing."""
    asked_at = timezone.now()
    try:
        return from_rest(gateway.fetch_leg(sid, until=until), asked_at=asked_at)
    except gateway.Refused as error:
        return f"Twilio refused: {str(error).rstrip('.')} ({error.code})."
    except gateway.Unreachable as error:
        return str(error)
    except Nonsense:
        return "Twilio's answer makes no sense."


def told(call_id: UUID, asked: list[str], failures: list[str]) -> Verified:
    call = Call.objects.select_related("merged_into").get(pk=call_id)
    call = call.merged_into or call
    if call.ended_at is not None:
        at = f"{timezone.localtime(call.ended_at):%H:%M:%S}"
        if Leg.objects.filter(sid__in=asked, healed=True).exists():
            return Verified(200, "ended", f"Closed: Twilio says it ended at {at}; its callback was lost.")
        return Verified(200, "ended", f"It ended at {at}.")
    if failures:
        return Verified(409, "refused", f"Twilio could not be asked for all of it: {failures[0]}")
    live = sum(leg.live for leg in Leg.objects.filter(call=call))
    words = f"Twilio confirms it: {live} leg live." if live == 1 else f"Twilio confirms it: {live} legs live."
    return Verified(200, "live", words)
