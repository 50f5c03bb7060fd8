"""A report as the row that it is kept in, raw, whatever becomes of it."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F

from calls.models import Leg, Room
from calls.models import Report as ReportRow
from calls.twilio.reports import Report


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one report. `first`: the statement was new; `call_id` is None for a room without a leg yet."""

    call_id: UUID | None
    verdict: str
    first: bool


def raw(report: Report) -> ReportRow:
    return ReportRow(
        digest=report.digest,
        door=report.door,
        source=report.source,
        received_at=report.received_at,
        idempotency_token=report.idempotency_token[:64],
        leg_id=report.call_sid or None,
        room_id=report.conference_sid or None,
        body=report.body,
    )


def keep(report: Report) -> Recorded:
    """The last resort for a report that cannot be recorded for what is in it: raw, with the verdict `failed`."""
    with transaction.atomic():
        row = ReportRow.objects.filter(digest=report.digest).first()
        first = row is None
        if row is None:
            row = raw(report)
            row.leg = Leg.objects.filter(pk=report.call_sid).first()
            row.room = Room.objects.filter(pk=report.conference_sid).first()
            row.call_id, row.verdict = row.leg.call_id if row.leg else None, ReportRow.Verdict.FAILED
            row.save(force_insert=True)
        else:
            ReportRow.objects.filter(pk=row.pk).update(deliveries=F("deliveries") + 1)
    return Recorded(row.call_id, row.verdict, first)
