"""What a run that is over was like, in a few lines: calls, webhooks, REST requests, the debugger."""

from collections import Counter

from .errors import WARNINGS
from .exchange import Exchange


def summary(exchange: Exchange) -> tuple[str, bool]:
    """The lines, and whether anything went wrong that nobody had asked for: see --fail-on-errors."""
    calls = Counter(call.status if call.over else "still going on" for call in exchange.calls.values())
    webhooks = Counter(webhook.outcome for webhook in exchange.post.log)
    asked = [(one["status"], one["fault"]) for one in exchange.asked]
    refused = Counter(str(status) for status, fault in asked if not fault and isinstance(status, int) and status >= 400)
    notes = Counter(int(str(note["code"])) for note in exchange.notes)
    failed = [one for one in exchange.post.log if one.outcome in ("failed", "refused") and not one.faults]
    lines = [
        f"calls: {_counted(calls)}",
        f"webhooks: {_counted(webhooks)}",
        f"REST requests: {len(asked)}, refused: {_counted(refused)}",
        f"debugger: {_counted(Counter({str(code): times for code, times in notes.items()}))}",
    ]
    wrong = bool(failed or refused or any(code not in WARNINGS for code in notes))
    # A long run's first ones may be forgotten.
    if max(len(exchange.calls), len(exchange.post.log), len(exchange.notes)) >= exchange.settings.remembered:
        lines.append(f"(of each the last {exchange.settings.remembered})")
    return "\n".join(f"simulator: {line}" for line in lines), wrong


def _counted(times: Counter[str]) -> str:
    parts = ", ".join(f"{what} {count}" for what, count in sorted(times.items()))
    return f"{times.total()} ({parts})" if parts else "0"
