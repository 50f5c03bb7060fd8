"""What a run's findings mean: throughput, percentiles, and how long after its callback a desk heard of each event."""

import bisect
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tests.bench.desks import HEAD

RANKS = {word: rank for rank, word in enumerate(("queued", "initiated", "ringing", "in-progress"))}
Happened = tuple[str, str, float]  # sid, word, when (seconds, monotonic)


def percentile(values: Iterable[float], share: float) -> float:
    """Infinite of nothing: what never came was not fast."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("inf")


def accepted(found: dict[str, Any]) -> list[tuple[str, str, float, float, int]]:
    return [answer for answer in found["answered"] if answer[4] == 204]


def per_second(found: dict[str, Any]) -> float:
    until = found["began"] + found["seconds"]
    return sum(answer[3] <= until for answer in accepted(found)) / found["seconds"]


def post_times(found: dict[str, Any]) -> list[float]:
    """Seconds from when it was due to its 204; one that was refused or forgotten took for ever."""
    times = [answer[3] - answer[2] if answer[4] == 204 else float("inf") for answer in found["answered"]]
    return times + [float("inf")] * found["unanswered"]


def socket_times(happened: Sequence[Happened], heard: Sequence[Sequence[tuple[float, bytes]]]) -> list[float]:
    """Seconds from each event to each desk that was told of it; what a desk never heard took for ever."""
    if any(b'"op":"frame"' in text for _, text in heard[0]):
        return frame_times(happened, heard)
    told = [{key(text): at for at, text in reversed(desk)} for desk in heard]
    return [desk.get((sid, word), float("inf")) - at for sid, word, at in happened for desk in told]


def key(text: bytes) -> tuple[str, str]:
    """Of the naive app's messages, which name one leg: {"sid": "CA…", "status": "…", …"""
    parts = text.decode(errors="replace").split('"')
    return parts[3], parts[7]


def frame_times(happened: Sequence[Happened], heard: Sequence[Sequence[tuple[float, bytes]]]) -> list[float]:
    """The first desk's frames say up to which revision a desk must have heard; the others, when they had."""
    shown: dict[str, list[tuple[float, int, int]]] = defaultdict(list)  # sid: (when, rank, revision)
    legs: dict[str, list[str]] = {}
    for at, text in heard[0]:
        if b'"op":"frame"' not in text[:40]:
            continue
        frame = json.loads(text)
        for call in frame["calls"]:
            legs[call["id"]] = [leg["sid"] for leg in call["legs"]]
            for leg in call["legs"]:
                shown[leg["sid"]].append((at, RANKS.get(leg.get("status", "in-progress"), 4), frame["to"]))
        for call in frame["gone"]:
            for sid in legs.get(call, ()):
                shown[sid].append((at, 4, frame["to"]))
    told = []
    for desk in heard:
        heads = [(int(found[4]), at) for at, text in desk if (found := HEAD.match(text)) and found[4]]
        told.append(([to for to, _ in heads], [at for _, at in heads]))
    times = []
    for sid, word, at in happened:
        rank = RANKS.get(word, 4)
        # The first frame after it that shows this leg at this word, or further on already.
        must = next((to for when, as_far, to in shown.get(sid, ()) if when >= at and as_far >= rank), None)
        for revisions, moments in told:
            place = bisect.bisect_left(revisions, must) if must is not None else len(revisions)
            times.append(moments[place] - at if place < len(moments) else float("inf"))
    return times
