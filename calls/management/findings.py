"""What `manage.py doctor` finds, one thing at a time."""

from dataclasses import asdict, dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Finding:
    """`good` is None where nothing is to be judged, or could be. `do` says what would make it good."""

    about: str
    good: bool | None
    says: str
    do: str = ""

    @property
    def mark(self) -> str:
        return "–" if self.good is None else "✓" if self.good else "✗"

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def no_secrets(text: str) -> str:
    """Nothing here should hold one; should a library's words do, they are not passed on."""
    keys = settings.TWILIO_WEBHOOK_KEYS.values()
    for secret in (*settings.TWILIO_AUTH_TOKENS, settings.TWILIO_API_SECRET, settings.SECRET_KEY, *keys):
        text = text.replace(secret, "…") if secret else text
    return text


def ago(seconds: float) -> str:
    """In the largest unit of which there are two: "90 s", "5 min", "3 h", "4 days"."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
