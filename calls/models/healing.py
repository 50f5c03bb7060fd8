"""What is known of Twilio itself: whether its API answers, when we last compared with it, what was imported."""

from datetime import datetime

from django.db import models


class Sweep(models.Model):
    """One row: the last comparison of our live calls with Twilio's list. Written by the reconciler alone."""

    swept_at = models.DateTimeField(null=True, help_text="The last one that was answered.")
    tried_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True, help_text="Since when no answer came.")
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        default_permissions = ()

    @property
    def down(self) -> bool:
        """Twilio's API does not answer: live calls cannot be verified, and no wish can be sent."""
        return self.failing_since is not None


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
    """Since when Twilio's API has not answered; None while it does, or while nobody has asked."""
    row = Sweep.objects.filter(pk=1).first()
    return row.failing_since if row else None
