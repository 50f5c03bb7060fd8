"""Thresholds, and the alarms that they raise. What a threshold means is decided in floor/limits.py."""

import secrets
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator, validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    WAITING = "waiting", _("callers waiting")
    WAIT = "wait", _("longest wait")
    SERVICE = "service", _("service level")
    HOLD = "hold", _("time on hold")
    TALK = "talk", _("talk time")
    UNVERIFIED = "unverified", _("unverified calls")


# Red at, and amber at so many percent of the way there: for every queue and team that has no threshold of its own.
# None: the queue's target. More than two callers are three, more than five are six; 90 percent are not amber yet.
OUT_OF_THE_BOX: dict[str, tuple[int | None, int]] = {
    Kind.WAITING: (6, 50),
    Kind.WAIT: (None, 70),
    Kind.SERVICE: (60, 26),
    Kind.HOLD: (120, 50),
    Kind.TALK: (300, 60),
    Kind.UNVERIFIED: (90, 33),
}
UNITS: dict[str, str] = {**dict.fromkeys(Kind, " s"), Kind.WAITING: " callers", Kind.SERVICE: " %"}
OF_QUEUES = (Kind.WAITING, Kind.WAIT, Kind.SERVICE)


class Threshold(models.Model):
    """What is too much, for one queue, or for all that a team has. The queue's own goes before its team's."""

    kind = models.CharField(max_length=10, choices=Kind)
    team = models.ForeignKey("calls.Team", models.CASCADE, related_name="thresholds")
    queue = models.ForeignKey(
        "calls.Queue", models.CASCADE, null=True, blank=True, related_name="thresholds",
        help_text=_("Empty: all queues of the team, and its calls that are in none."),
    )  # fmt: skip
    on = models.BooleanField(default=True, help_text=_("Otherwise there is no such alarm here."))
    limit = models.PositiveIntegerField(
        _("red at"), null=True, blank=True,
        help_text=_("Callers, seconds, or of a service level percent. Empty: what it is without this threshold."),
    )  # fmt: skip
    amber_share = models.PositiveSmallIntegerField(
        _("amber at"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Percent of the way to red, from 0; of a service level, from 100. “100”: no amber. Empty: as above."
        ),
    )  # fmt: skip
    hysteresis = models.PositiveSmallIntegerField(
        default=10, validators=[MaxValueValidator(90)],
        help_text=_("Percent of that way by which it must get better before the alarm is over."),
    )  # fmt: skip
    minimum_seconds = models.PositiveSmallIntegerField(
        default=5, validators=[MaxValueValidator(3600)], help_text=_("So long it must last before anybody is told.")
    )

    class Meta:
        ordering = ["team__name", "queue__name", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "queue"], name="one_threshold_a_queue"),
            models.UniqueConstraint(
                fields=["kind", "team"], name="one_threshold_a_team", condition=models.Q(queue=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.queue or self.team}"

    def clean(self) -> None:
        if self.queue is not None and self.queue.team_id != self.team_id:
            raise ValidationError({"queue": _("This queue is another team’s.")})
        if self.kind == Kind.SERVICE and self.limit is not None and self.limit > 99:
            raise ValidationError({"limit": _("A service level is red below 100 percent.")})
        if self.limit == 0 and self.kind != Kind.SERVICE:
            raise ValidationError({"limit": _("Then it would always be red.")})


class Alarm(models.Model):
    """Something is, or was, too much in a queue, or in a team's calls that are in none. Open until it is over.

    `began`, `value` and `number`: of a time, when the longest began to run and how many are over amber; else how many
    or how much there is. `call`: whose time it is. `owner`: who said last that they see to it.
    """

    class Severity(models.TextChoices):
        AMBER = "amber", _("Amber")
        RED = "red", _("Red")

    key = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind)
    team = models.ForeignKey("calls.Team", models.CASCADE, null=True, related_name="alarms")
    queue = models.ForeignKey("calls.Queue", models.CASCADE, null=True, related_name="alarms")
    call = models.ForeignKey("calls.Call", models.SET_NULL, null=True, related_name="alarms")
    severity = models.CharField(max_length=5, choices=Severity)
    value = models.FloatField()
    number = models.PositiveIntegerField(default=1)
    began = models.DateTimeField(null=True)
    limit = models.FloatField(help_text=_("Red at."))
    amber_since = models.DateTimeField(null=True)
    red_since = models.DateTimeField(null=True)
    raised_at = models.DateTimeField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="alarms")
    acked_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField(null=True)  # when it was told outside of the desk

    class Meta:
        default_permissions = ()  # they follow from what happens; who may watch the calls may see to them
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="one_open_alarm", condition=models.Q(cleared_at=None))
        ]
        indexes = [models.Index(fields=["-raised_at"], name="alarms_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.where}"

    @property
    def where(self) -> str:
        return str(self.queue or self.team or "no team")

    @property
    def since(self) -> datetime | None:
        return self.red_since if self.severity == self.Severity.RED else self.amber_since


def new_secret() -> str:
    return secrets.token_urlsafe(24)


class Notice(models.Model):
    """Somebody outside of the desk who is told of a team's red alarms: a mailbox, or a program that takes a POST."""

    team = models.ForeignKey("calls.Team", models.CASCADE, related_name="notices")
    to = models.CharField(
        max_length=300, help_text=_("name@example.com, or https://… on a host of ALARM_HOSTS, which gets JSON by POST.")
    )
    on = models.BooleanField(default=True)
    secret = models.CharField(
        max_length=64, default=new_secret, editable=False, help_text=_("Signs what is posted: X-Livedesk-Signature.")
    )
    last_at = models.DateTimeField(_("told last"), null=True, editable=False)
    trouble = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["team__name", "to"]
        constraints = [models.UniqueConstraint(fields=["team", "to"], name="one_notice_an_address")]

    def __str__(self) -> str:
        return f"{self.team}: {self.to}"

    @property
    def by_mail(self) -> bool:
        return "://" not in self.to

    @property
    def allowed(self) -> bool:
        """Only a host that whoever runs the program has named: from inside, other machines may trust us."""
        return urlsplit(self.to).netloc in settings.ALARM_HOSTS

    def clean(self) -> None:
        try:
            self.look_at_address()
        except (ValidationError, ValueError) as error:
            raise ValidationError({"to": getattr(error, "messages", [_("This is no address.")])}) from None

    def look_at_address(self) -> None:
        if not self.by_mail:
            URLValidator(["http", "https"] if settings.LOOPBACK else ["https"])(self.to)
            if not self.allowed:
                raise ValidationError(
                    _("This host is not in ALARM_HOSTS: whoever runs the program has to name it there.")
                )
        elif settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
            raise ValidationError(_("No mail can be sent yet: whoever runs the program has to set EMAIL_URL."))
        else:
            validate_email(self.to)
