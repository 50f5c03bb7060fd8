"""Drills: a simulated call that somebody has to notice and do the right thing about, and how well they did."""

from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models.rights import rights_of

# A run that was killed leaves its row open: after so long nobody waits for it any more.
FORGOTTEN_AFTER = timedelta(minutes=10)


class DrillQuerySet(models.QuerySet["Drill"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(team__in=rights_of(user).teams)


class Drill(models.Model):
    """One run. Its call looks like any other while it lasts; this row is how it is told from a real one."""

    class Outcome(models.TextChoices):
        SERVED = "served", _("Served")
        LOST = "lost", _("Lost")
        STOPPED = "stopped", _("Stopped")

    name = models.CharField(max_length=80)
    team = models.ForeignKey("calls.Team", models.PROTECT, related_name="drills")
    call = models.OneToOneField("calls.Call", models.CASCADE, null=True, related_name="drill")
    started_at = models.DateTimeField()
    cue = models.CharField(max_length=300, blank=True, help_text=_("What the supervisors were told."))
    cued_at = models.DateTimeField(null=True, help_text=_("When they were told it: from here on it counts."))
    noticed_at = models.DateTimeField(
        null=True, help_text=_("When somebody first looked at the call, or did something.")
    )
    noticed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    verb = models.CharField(
        max_length=20, blank=True, help_text=_("The right one, if somebody found it; else the first.")
    )
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    score = models.PositiveSmallIntegerField(null=True, help_text=_("of 100"))
    remarks = models.JSONField(default=list, help_text=_("Sentences: what was good, and what would have been better."))
    ended_at = models.DateTimeField(null=True)

    objects = DrillQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name}, {self.started_at:%Y-%m-%d %H:%M}"


def simulated() -> bool:
    """Is Twilio a simulated one? Nowhere else is there ever a drill."""
    host = urlsplit(settings.TWILIO_API_URL).hostname or ""
    return host != "twilio.com" and not host.endswith(".twilio.com")


def looked_at(call: UUID, *, by: User, at: datetime) -> None:
    """Somebody opens a call: if a drill is waiting for just that, it was noticed."""
    waiting = Drill.objects.filter(call=call, noticed_at=None, ended_at=None).exclude(cued_at=None)
    if waiting.exists():  # reading is cheap, and nearly always all there is to do
        waiting.update(noticed_at=at, noticed_by=by)
