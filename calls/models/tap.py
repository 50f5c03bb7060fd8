"""What runs beside a leg: a recording, a transcription, a media stream; and where the sound of a call may go."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.intake.moments import milliseconds, moment
from calls.intake.taps import TapState
from calls.models.floor import WSS, Team
from calls.models.library import Entry

if TYPE_CHECKING:
    from calls.models.call import Leg


class Tap(models.Model):
    """Made of its leg's registers, which are the truth of it, by `intake.record` alone."""

    class Kind(models.TextChoices):
        RECORDING = "recording"
        TRANSCRIPTION = "transcription"
        STREAM = "stream"

    sid = models.CharField(primary_key=True, max_length=34)
    kind = models.CharField(max_length=13, choices=Kind)
    leg = models.ForeignKey("calls.Leg", models.CASCADE, related_name="taps")
    status = models.CharField(
        max_length=12, blank=True, help_text=_("Empty: asked for, and nothing was heard of it yet.")
    )
    # Twilio hands our own address back to us: it may name a wish that is gone by now.
    action = models.ForeignKey("calls.Action", models.SET_NULL, null=True, db_constraint=False, related_name="taps")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True, help_text=_("When Twilio was last asked for it, and said what it is."))

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["leg"], name="live_taps", condition=models.Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.sid}: {self.status or 'asked for'}"

    def surely_paused(self, trusted: int) -> bool:
        """By a look that was asked for after this moment (ms; intake.taps.trusted_from)."""
        return self.status == "paused" and self.looked_at is not None and milliseconds(self.looked_at) > trusted

    @classmethod
    def of(cls, leg: "Leg", state: TapState) -> "Tap":
        """The row of it. What runs beside a leg ends with the leg, whether anybody says so or not."""
        ended_at = moment(state.over) or leg.ended_at
        return cls(
            sid=state.sid,
            kind=state.kind,
            status="stopped" if leg.ended_at and state.live else state.status,
            leg_id=leg.sid,
            action_id=UUID(state.made) if state.made else None,
            started_at=moment(state.first),
            ended_at=ended_at,
            looked_at=state.looked_at,
        )


class StreamTarget(Entry):
    """Where the sound of a call may be streamed to: nowhere else."""

    url = models.CharField(_("address"), max_length=400, validators=[WSS], help_text=_("wss://, without a query."))
    teams = models.ManyToManyField(
        Team,
        blank=True,
        related_name="stream_targets",
        help_text=_("Whose calls may be heard there. None: every team's."),
    )
