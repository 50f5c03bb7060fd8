"""What is known of Twilio itself: whether its API answers, when we last compared with it, what was imported."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from calls.models.report import Report

TRIED = timedelta(minutes=2)  # who has not tried for so long does not know any more (it tries every 35 s at least)
FIRST = timedelta(seconds=20)  # for the first try of a fresh server: ten of doubt, and the requests before it
LOOKED_THROUGH = 200  # reports, for the last one that nobody asked for


class Sweep(models.Model):
    """One row: the last comparison of our live calls with Twilio's list. Written by the reconciler alone."""

    swept_at = models.DateTimeField(null=True, help_text="The last one that was answered.")
    tried_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True, help_text="Since when no answer came.")
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        default_permissions = ()

    @property
    def down_since(self) -> datetime | None:
        """Since when Twilio's API does not answer: live calls cannot be verified, and no wish can be sent.

        None while it does, and when nobody tries any more: a mark that was left behind must not forbid wishes for ever.
        """
        return self.failing_since if self.tried else None

    @property
    def tried(self) -> bool:
        """Does somebody compare our calls with Twilio's, or try to?"""
        return self.tried_at is not None and timezone.now() - self.tried_at <= TRIED

    @property
    def down(self) -> bool:
        return self.down_since is not None


class Import(models.Model):
    """One run of `import_calls`: how far it got, so that it goes on there."""

    since = models.DateTimeField()
    before = models.DateTimeField()
    cursor = models.CharField(max_length=1000, blank=True, help_text="Of Twilio's next page.")
    calls = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()


def twilio_down() -> datetime | None:
    """Since when Twilio's API has not answered; None while it does, or while nobody asks."""
    row = Sweep.objects.filter(pk=1).first()
    return row.down_since if row else None


@dataclass(frozen=True, slots=True)
class Pulse:
    """Twilio as it was heard of last: by itself, and when we asked."""

    callback_at: datetime | None = None
    swept_at: datetime | None = None
    down_since: datetime | None = None
    alone_since: datetime | None = None  # since when we see that nobody tries to compare
    unknown: bool = False  # nobody did for too long: how Twilio is cannot be said

    @property
    def word(self) -> str:
        return "down" if self.down_since else "unknown" if self.unknown else "ok"


def pulse(before: Pulse | None = None) -> Pulse:
    """How it is now. Behind many answers that we asked for the last callback is out of sight: then it is `before`'s.

    Who looks again and again gives the first comparison of a fresh server its time; who has no `before` cannot wait.
    """
    row = Sweep.objects.filter(pk=1).first() or Sweep()
    last = Report.objects.order_by("-received_at").values_list("source", "received_at")[:LOOKED_THROUGH]
    callback_at = next((at for source, at in last if source != "rest"), before.callback_at if before else None)
    if row.tried:
        return Pulse(callback_at, row.swept_at, row.down_since)
    now = timezone.now()
    alone_since = (before.alone_since if before else now - FIRST) or now
    return Pulse(callback_at, row.swept_at, None, alone_since, unknown=now - alone_since >= FIRST)
