"""docs/matrix.md, made of the table that is tried. `DOCS=1 pytest tests/control/test_matrix_page.py` writes it anew."""

from collections.abc import Iterable

Table = dict[str, dict[str, str]]
BEGINNING = """# What can be done to a call, and when

Every wish on every kind of call, as it is tried against the simulator over HTTP (`tests/control/test_matrix.py`). Where
it is granted, what the plan said is what then happened, by a later report and by Twilio's own truth; where it is
refused, there was a sentence and nothing was sent. This page is made of that table
(`DOCS=1 pytest tests/control/test_matrix_page.py`), and a test compares them.

- **done**: granted, and its effect was reported.
- *failed*: granted, and it did not come about, as the plan had warned; the caller is where it said.
- What else stands there is why it is refused.

"""


def page(table: Table) -> str:
    cells = sum(len(wishes) for wishes in table.values())
    parts = [BEGINNING, f"{cells} cells: {len(table)} kinds of calls, {len(wishes_of(table))} wishes.\n"]
    for shape, wishes in table.items():
        parts.append(f"\n## {shape[:1].upper()}{shape[1:]}\n\n")
        parts += [f"- {told}: {', '.join(names)}\n" for told, names in by_outcome(wishes)]
    return "".join(parts)


def wishes_of(table: Table) -> set[str]:
    return {wish for wishes in table.values() for wish in wishes}


def by_outcome(wishes: dict[str, str]) -> Iterable[tuple[str, list[str]]]:
    """Granted first, then what fails, then the refusals by their reason."""
    found: dict[str, list[str]] = {}
    for wish, came in wishes.items():
        found.setdefault(came, []).append(wish)
    return ((told(came), found[came]) for came in sorted(found, key=lambda came: (RANK[came.partition(":")[0]], came)))


REASONS = {
    "call_ended": "the call has ended already",
    "busy": "somebody is at it: the answer names them",
    "changed": "the call has changed since the plan was looked at",
    "forbidden": "a permission is missing: the answer names it",
    "step_up": "the password is asked for first",
    "leg": "there is no such live leg",
    "target": "there is no room to speak into, or to end",
    "child": "it was dialled for another leg: that one is moved instead",
    "not_answered": "it has not answered yet",
    "no_way_back": "nothing is known of a way back",
    "no_room": "it is in no conference",
    "not_started": "the caller is still waiting",
    "not_held": "nobody is on hold",
    "held": "it is on hold already",
    "muted": "it is muted already",
    "not_muted": "it is not muted",
    "caller": "a caller is not removed from their own call",
    "nobody": "nobody is consulted",
    "not_waiting": "nobody waits in a queue",
    "consulting": "somebody is consulted already",
    "target_busy": "who is called is busy",
}
RANK = {"confirmed": 0, "failed": 1, "abandoned": 2, "refused": 3}


def told(came: str) -> str:
    state, _, code = came.partition(":")
    words = REASONS.get(code, code.replace("_", " "))
    return "**done**" if state == "confirmed" else f"*failed* ({words})" if state == "failed" else words
