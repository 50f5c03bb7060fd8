"""Reports: what Twilio said, every distinct statement once, raw."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Report(models.Model):
    class Verdict(models.TextChoices):
        HEARD = "heard", _("heard")
        STRANGE = "strange", _("heard, with a word that we do not know")
        CONFLICT = "conflict", _("heard, contradicts an earlier one")
        UNVERIFIED = "unverified", _("live leg of an ended call: kept until Twilio confirms it")
        FAILED = "failed", _("kept raw: could not be applied")

    digest = models.CharField(max_length=64)
    door = models.CharField(max_length=20)
    source = models.CharField(max_length=10)
    received_at = models.DateTimeField(db_index=True)
    deliveries = models.PositiveIntegerField(default=1)
    idempotency_token = models.CharField(max_length=64, blank=True)
    call = models.ForeignKey("calls.Call", models.CASCADE, null=True, related_name="reports")
    leg = models.ForeignKey("calls.Leg", models.CASCADE, null=True, db_index=False, related_name="reports")
    room = models.ForeignKey("calls.Room", models.CASCADE, null=True, db_index=False, related_name="reports")
    verdict = models.CharField(max_length=12, choices=Verdict, default=Verdict.HEARD)
    body = models.JSONField()

    class Meta:
        ordering = ["-received_at", "-id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["digest"], name="one_row_a_statement")]
        indexes = [models.Index(fields=["leg"], name="reports_by_leg")]

    def __str__(self) -> str:
        return f"{self.door} {self.said} {self.leg_id or self.room_id or ''}".strip()

    @property
    def said(self) -> str:
        """The word that it is about."""
        words = ("CallStatus", "StatusCallbackEvent", "RecordingStatus", "TranscriptionEvent", "StreamEvent", "status")
        return next((self.body[word] for word in words if self.body.get(word)), "")
