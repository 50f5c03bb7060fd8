"""Django's admin: people and places to change, what happened to look at. One file a family."""

from calls.admin import actions, calls, floor, library, people, reports

__all__ = ["actions", "calls", "floor", "library", "people", "reports"]
