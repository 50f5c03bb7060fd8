"""What people write on calls, in their own words: notes, and the tags that a team uses."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext

from calls.models.rights import name_of

LONGEST_NOTE, LONGEST_TAG, MOST_TAGS = 2000, 40, 12


class Note(models.Model):
    """An agent's or a supervisor's words on a call. Who wrote twice with one `key` pressed twice."""

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="notes")
    agent = models.ForeignKey("calls.Agent", models.SET_NULL, null=True, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="notes")
    key = models.UUIDField(null=True)
    text = models.CharField(max_length=LONGEST_NOTE)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["call", "key"], name="one_note_a_key")]

    def __str__(self) -> str:
        return f"Note on {self.call}"

    @property
    def who(self) -> str:
        if self.by is not None:
            return name_of(self.by)
        return self.agent.name if self.agent else gettext("somebody who is gone")


class Tag(models.Model):
    """A word of a team's own: what it has once put on a call is suggested for the next."""

    team = models.ForeignKey("calls.Team", models.CASCADE, null=True, related_name="tags")
    word = models.CharField(max_length=LONGEST_TAG)
    used_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["word"]
        constraints = [
            models.UniqueConstraint(fields=["team", "word"], name="one_tag_a_word"),
            models.UniqueConstraint(fields=["word"], name="one_tag_of_no_team", condition=models.Q(team=None)),
        ]

    def __str__(self) -> str:
        return self.word


def both(one: str, other: str) -> str:
    """The tags of two calls that turned out to be one."""
    words = dict.fromkeys([*one.split(", "), *other.split(", ")])
    return ", ".join([word for word in words if word][:MOST_TAGS])
