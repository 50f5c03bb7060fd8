"""The application without its healer, for tests that have no Twilio whom it could ask."""

from callcenter.asgi import application
from calls.intake.reconcile import healer

__all__ = ["application"]
healer.ensure_started = lambda **reconciler: None  # type: ignore[method-assign]
