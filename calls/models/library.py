"""The library: where calls may be sent to, and what may be played into them. Kept by admins, chosen by supervisors."""

from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.models.floor import ADDRESS, Agent, Line, Team

if TYPE_CHECKING:
    from calls.models.rights import TeamId

# In English: plans are written down.
LANGUAGES = [
    ("en-US", "English (US)"), ("en-GB", "English (UK)"), ("es-ES", "Spanish"), ("es-MX", "Spanish (Mexico)"),
    ("de-DE", "German"), ("fr-FR", "French"), ("it-IT", "Italian"), ("pt-BR", "Portuguese (Brazil)"),
    ("nl-NL", "Dutch"), ("sv-SE", "Swedish"), ("da-DK", "Danish"), ("pl-PL", "Polish"),
]  # fmt: skip
VOICES = [("woman", "Woman"), ("man", "Man")]  # none: the one that Twilio has for the language


class ForTeams(models.QuerySet):
    def of(self, team: "TeamId") -> Self:
        """What may be used on this team's calls: what is for every team, and what is for this one."""
        return self.filter(Q(teams=None) | Q(teams=team)).distinct() if team else self.filter(teams=None)


class Entry(models.Model):
    """Of a library: by its name, for some teams or (`teams` is empty) for all."""

    name = models.CharField(max_length=80, unique=True)

    objects = ForTeams.as_manager()

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Destination(Entry):
    """An entry of the directory that calls may be transferred or redirected to. (Agents are in it by themselves.)"""

    class Kind(models.TextChoices):
        ADDRESS = "address", _("a number, SIP or client address: it is called")
        LINE = "line", _("one of our lines: the caller hears what its callers hear")
        FLOW = "flow", _("a document of another application: it takes the call over")

    class Method(models.TextChoices):
        POST = "POST"
        GET = "GET"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ADDRESS)
    address = models.CharField(max_length=300, blank=True, validators=[ADDRESS], help_text=_("Of what is called."))
    line = models.ForeignKey(Line, models.PROTECT, null=True, blank=True, related_name="+")
    url = models.URLField(
        _("address of the document"),
        max_length=400,
        blank=True,
        validators=[URLValidator(["https", "http"])],
        help_text=_("Of another application's TwiML: Twilio asks for it, we never do."),
    )
    method = models.CharField(max_length=4, choices=Method, default=Method.POST, help_text=_("How Twilio asks for it."))
    teams = models.ManyToManyField(
        Team, blank=True, related_name="destinations", help_text=_("Whose calls may go there. None: every team's.")
    )

    def clean(self) -> None:
        needed = {"address": self.address, "line": self.line_id, "flow": self.url}
        field = "url" if self.kind == self.Kind.FLOW else self.kind
        if not needed[self.kind]:
            raise ValidationError({field: _("This is where it leads to: it cannot be empty.")})


class Announcement(Entry):
    """A text that is spoken, or a recording that is played, approved for use on some teams' calls."""

    text = models.CharField(max_length=1000, blank=True, help_text=_("Spoken, if there is no recording."))
    language = models.CharField(max_length=10, choices=[(code, _(name)) for code, name in LANGUAGES], default="en-US")
    voice = models.CharField(max_length=40, choices=[(code, _(name)) for code, name in VOICES], blank=True)
    audio = models.FileField(
        _("recording"),
        upload_to="announcements/",
        blank=True,
        validators=[FileExtensionValidator(["mp3", "wav"])],
        help_text=_("MP3 or WAV, at most 5 MB."),
    )
    seconds = models.PositiveSmallIntegerField(
        _("length of the recording"), null=True, blank=True, help_text=_("seconds")
    )
    teams = models.ManyToManyField(
        Team, blank=True, related_name="announcements", help_text=_("Whose calls may hear it. None: every team's.")
    )

    def clean(self) -> None:
        if not self.text and not self.audio:
            raise ValidationError(_("Write what is spoken, or upload what is played."))
        if self.audio and not self.seconds:
            raise ValidationError({"seconds": _("How long is it? Until then the call waits for its end.")})


def agents_for(team: "TeamId", watched: "frozenset[TeamId]") -> models.QuerySet[Agent]:
    """Whom calls of this team may be sent to by somebody who watches these teams: their agents, and the team's own."""
    return Agent.objects.filter(teams__in={one for one in {team, *watched} if one is not None}).distinct()
