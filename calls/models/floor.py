"""The floor: teams, who belongs to them, the lines that callers reach and the agents who answer."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

# E.164, a Voice SDK client or a SIP address: what Twilio can dial.
ADDRESS = RegexValidator(
    r"^(\+[1-9]\d{7,14}|client:[^\s/]{1,256}|sip:[^\s]{3,500})$",
    "Write +E164 (+15550100200), client:name or sip:user@host.",
)


class Team(models.Model):
    """People and the lines they own. What a supervisor sees and does is bounded by team."""

    name = models.CharField(max_length=80, unique=True)
    show_numbers = models.BooleanField(
        "show numbers in full",
        default=False,
        help_text="To who holds “Can see telephone numbers”. Otherwise they are masked until one is revealed.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A group's permissions, for one person, on one team's calls."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    group = models.ForeignKey(
        Group,
        models.PROTECT,
        null=True,
        blank=True,
        help_text="May be empty: a member with nothing but what the person holds everywhere.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team", "group"], name="one_membership_a_group")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Line(models.Model):
    """An address of the account that callers reach, or that we call from."""

    class Flow(models.TextChoices):
        INBOUND = "inbound", "to an agent of the team"

    address = models.CharField(max_length=300, unique=True, validators=[ADDRESS])
    name = models.CharField(max_length=80)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="lines")
    flow = models.CharField("what callers hear", max_length=20, choices=Flow, default=Flow.INBOUND)
    greeting = models.CharField(max_length=500, blank=True, help_text="Said first. Empty: our own greeting.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"


class Agent(models.Model):
    """A person who takes calls."""

    class State(models.TextChoices):
        AVAILABLE = "available"
        BUSY = "busy"
        AWAY = "away"
        OFFLINE = "offline"
        WRAP_UP = "wrap-up"

    name = models.CharField(max_length=80)
    contact = models.CharField(max_length=300, unique=True, validators=[ADDRESS])
    teams = models.ManyToManyField(Team, related_name="agents", blank=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="agent")
    state = models.CharField(max_length=10, choices=State, default=State.OFFLINE)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.contact and Line.objects.filter(address=self.contact).exists():
            raise ValidationError({"contact": "This is one of our lines: an agent there would call in circles."})


class Visit(models.Model):
    """What one step of a flow decided at one visit, so that Twilio's second request hears the same answer."""

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="visits")
    step = models.CharField(max_length=40)
    visit = models.PositiveSmallIntegerField()
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["call", "step", "visit"], name="one_decision_a_visit")]
