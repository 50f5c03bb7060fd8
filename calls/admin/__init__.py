"""Django's admin: people and places to change, what happened to look at. One file a family."""

from calls.admin import (
    actions,
    alarms,
    bulks,
    calls,
    drills,
    floor,
    library,
    names,
    people,
    reports,
    waiting,
    wallboards,
)

__all__ = [
    "actions",
    "alarms",
    "bulks",
    "calls",
    "drills",
    "floor",
    "library",
    "names",
    "people",
    "reports",
    "waiting",
    "wallboards",
]
