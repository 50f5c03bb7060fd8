"""What agents say on their own page: that they need help."""

from django.db import models


class HelpRequest(models.Model):
    """Somebody on the telephone wants a supervisor. Open until one says that it is done, or they do themselves."""

    agent = models.ForeignKey("calls.Agent", models.CASCADE, related_name="help_requests")
    call = models.ForeignKey("calls.Call", models.CASCADE, null=True, related_name="help_requests")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-at"]
        indexes = [models.Index(fields=["agent"], name="open_help", condition=models.Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.agent}: {self.reason}"
