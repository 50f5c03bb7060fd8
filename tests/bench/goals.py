"""The goals, each a function that plays its runs in turns (ours, theirs, ours, …) and returns rows for the table."""

import gzip
import json
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from tests.bench.desks import here
from tests.bench.measures import accepted, percentile, post_times, socket_times
from tests.bench.page import Felt, open_desk
from tests.bench.runs import DESKS, Bench, Row
from tests.bench.stage import Server

TICK = 0.05
CROWD = 1_000
QUICK = 0.25  # seconds: a desk that is later than this is not live


# 1 to 4: intake ------------------------------------------------------------------------------------------------------


def intake(bench: Bench, wanted: set[int]) -> list[Row]:
    ours, naive, statement, ceiling = bench.in_turns(
        lambda: bench.flat_out("ours", "postgres", many=int(3_000 * bench.seconds)),
        lambda: bench.flat_out("naive", "postgres", many=int(1_000 * bench.seconds)),
        lambda: bench.flat_out("bare", "postgres", path="/store/", many=int(8_000 * bench.seconds)),
        lambda: bench.flat_out("bare", "postgres", many=5_000, again=True),
    )
    what = "callbacks/s, durable, PostgreSQL: ours against naive"
    return [
        Row(1, what, versus(ours, naive), "≥ 10×", ours >= 10 * naive),
        Row(2, "… against bare ASGI with one statement a request", versus(ours, statement), "reported", None),
        Row(3, "… against bare ASGI without a database", versus(ours, ceiling), "reported", None),
    ]


def versus(ours: float, theirs: float) -> str:
    ratio = ours / theirs if theirs else float("inf")
    return f"{ratio:.{0 if ratio >= 20 else 1 if ratio >= 2 else 2}f}× ({ours:.0f}/s against {theirs:.0f}/s)"


def embedded(bench: Bench, wanted: set[int]) -> list[Row]:
    ours, naive = bench.in_turns(
        lambda: bench.flat_out("ours", "sqlite", many=int(3_500 * bench.seconds)),
        lambda: bench.flat_out("naive", "sqlite", many=int(1_000 * bench.seconds)),
    )
    what = "callbacks/s, durable, SQLite: ours against naive"
    return [Row(4, what, versus(ours, naive), "≥ 15×", ours >= 15 * naive)]


# 5 to 8: desks -------------------------------------------------------------------------------------------------------

OUR_RATES = [25, 50, 100, 200, 400, 600, 800, 1000, 1250, 1500, 2000]
NAIVE_RATES = [0.5, 1, 2, 3, 6, 12, 25, 50, 100]
BEGIN = {"ours": 4, "naive": 3}  # the steps where the ladders are begun


def live(bench: Bench, wanted: set[int]) -> list[Row]:
    def bears(kind: str) -> Callable[[float], bool]:
        def at(rate: float) -> bool:
            with bench.stage.server(kind, "postgres") as server:
                return max(bench.watched(server, rate)) < QUICK

        return at

    rows, ours, naive, late = [], [], [], []
    starts = dict(BEGIN)
    for _ in range(bench.rounds):
        if 5 in wanted:
            ours.append(climb(bench, bears("ours"), OUR_RATES, starts, "ours"))
            naive.append(climb(bench, bears("naive"), NAIVE_RATES, starts, "naive"))
        if 6 in wanted:
            with bench.stage.server("ours", "postgres") as server:
                late.append(bench.watched(server, 800)[1])
    if 5 in wanted:
        mine, theirs = statistics.median(ours), statistics.median(naive)
        ratio, told = times(mine, theirs)
        figure = f"{mine:g}/s against {theirs:g}/s ({told})"
        rows.append(
            Row(
                5,
                f"{DESKS} desks: callbacks/s with both p99 < 250 ms",
                figure,
                "≥ 60×, ≥ 800/s",
                ratio >= 60 and mine >= 800,
            )
        )
    if 6 in wanted:
        p99 = statistics.median(late)
        rows.append(
            Row(
                6,
                f"{DESKS} desks, 800/s: callback → socket, p99",
                f"{p99 * 1000:.0f} ms",
                "≤ 150 ms",
                p99 <= 2 * TICK + 0.05,
            )
        )
    return rows


def climb(bench: Bench, bears: Callable[[float], bool], ladder: list[float], starts: dict[str, int], who: str) -> float:
    """The highest step it bears. Begun where the round before ended: down if that is too high, else up."""
    place = starts[who]
    if bears(ladder[place]):
        while place + 1 < len(ladder) and bears(ladder[place + 1]):
            place += 1
    else:
        place -= 1
        while place >= 0 and not bears(ladder[place]):
            place -= 1
    starts[who] = max(place, 0)
    return ladder[place] if place >= 0 else 0.0


def times(mine: float, theirs: float) -> tuple[float, str]:
    """How many times as much; nothing is claimed of a rival that did not bear the lowest step."""
    return (mine / theirs, f"{mine / theirs:.0f}×") if theirs else (0.0, "no ratio: it bore no step")


def fan_out(bench: Bench, wanted: set[int]) -> list[Row]:
    """Events made in the server itself: what tail and hub can tell 200 desks, and what `group_send` can."""
    mine, theirs = events_told(bench, DESKS, [200, 400, 800, 1200, 1600, 2400, 3200], within=0.1)
    ratio, words = times(mine, theirs)
    figure = f"{words} ({mine:g} events/s against {theirs:g})"
    return [
        Row(7, f"events/s to {DESKS} sockets, p99 ≤ 100 ms: ours against group_send", figure, "≥ 100×", ratio >= 100)
    ]


def crowd(bench: Bench, wanted: set[int]) -> list[Row]:
    """The same with a thousand desks on one process."""
    mine, theirs = events_told(bench, CROWD, [25, 50, 100, 200, 400, 800], within=0.15)
    figure = f"{mine:g} events/s against {theirs:g}"
    what = f"events/s to {CROWD:,} sockets, p99 < 150 ms: ours against group_send"
    return [Row(8, what, figure, "≥ 100/s", mine >= 100)]


def events_told(bench: Bench, desks: int, rates: list[float], *, within: float) -> tuple[float, float]:
    """Events a second, ours and theirs, of which so many desks hear with a p99 of `within` seconds."""
    ours, naive, starts = [], [], {"ours": 0, "naive": BEGIN["naive"]}
    for _ in range(bench.rounds):
        ours.append(climb(bench, tells(bench, "our fan-out", "sqlite", desks, within), rates, starts, "ours"))
        naive.append(
            climb(bench, tells(bench, "naive fan-out", "postgres", desks, within), NAIVE_RATES, starts, "naive")
        )
    return statistics.median(ours), statistics.median(naive)


def tells(bench: Bench, kind: str, store: str, desks: int, within: float) -> Callable[[float], bool]:
    def at(rate: float) -> bool:
        seconds = bench.seconds
        with bench.stage.server(kind, store) as server, bench.desks(server, desks) as open_desks:
            with here.open(f"http://127.0.0.1:{server.port}/feed/?rate={rate}&seconds={seconds}", timeout=90) as answer:
                happened = json.load(answer)
            time.sleep(0.5)
            seen = open_desks.found()
        p99 = percentile(socket_times(happened, seen["heard"]), 0.99)
        slow = happened[-1][2] - happened[0][2] > seconds + 0.5
        bench.shares.append(seen["cpu"])
        bench.say(
            f"{kind}: {rate:g} events/s, {seen['open']} desks, p99 {p99 * 1000:.0f} ms"
            f"{', not kept up' if slow else ''}, {seen['bytes'] / seconds / 1e6:.0f} MB/s, clients {seen['cpu']:.0%}"
        )
        return p99 <= within and not slow

    return at


# 9 and 10: the snapshot ----------------------------------------------------------------------------------------------


def get(server: Server, path: str) -> tuple[float, bytes]:
    """(seconds, body)."""
    session = server.sessions[0] if server.sessions else ""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}", headers={"Cookie": f"sessionid={session}", "Accept-Encoding": "gzip"}
    )
    began = time.monotonic()
    with here.open(request, timeout=30) as answer:
        body = answer.read()
    return time.monotonic() - began, body


def snapshot(bench: Bench, wanted: set[int]) -> list[Row]:
    rows, fresh, packed, theirs, ratios = [], [], [], [], []
    for _ in range(bench.rounds):
        if 9 in wanted:
            with bench.stage.server("ours", "postgres", "_10k") as server:
                calls = len(json.loads(gzip.decompress(get(server, "/desk/board/")[1]))["calls"])
                assert calls >= 10_000, f"{calls} calls on the board"
                for _ in range(5):
                    moved = bench.load(server.port, rate=10, seconds=0.1, many=2, connections=1)
                    moved.go()
                    moved.found()
                    time.sleep(0.3)
                    fresh.append(get(server, "/desk/board/")[0])
                    packed.append(min(get(server, "/desk/board/")[0] for _ in range(3)))
            with bench.stage.server("naive", "postgres", "_10k") as server:
                theirs += [get(server, "/")[0] for _ in range(4)][1:]
        if 10 in wanted:
            with bench.stage.server("ours", "postgres", "_10k") as server:
                get(server, "/desk/board/")
                alone = opening(bench, server, desks=0)
                ratios.append((opening(bench, server, desks=20), alone))
    if 9 in wanted:
        new, again, naive = (statistics.median(times) for times in (fresh, packed, theirs))
        bench.say(
            f"snapshot: {new * 1000:.1f} ms after a change, {again * 1000:.1f} ms again, naive {naive * 1000:.0f} ms"
        )
        figure = (
            f"{naive / new:.0f}× ({new * 1000:.1f} ms against {naive * 1000:.0f} ms; {again * 1000:.1f} ms when packed)"
        )
        rows.append(
            Row(
                9,
                "snapshot of 10,000 calls, just after a change",
                figure,
                "≥ 100×, ≤ 10 ms",
                naive >= 100 * new and new <= 0.01,
            )
        )
    if 10 in wanted:
        with_them, alone = (statistics.median(column) for column in zip(*ratios, strict=True))
        figure = f"{with_them / alone:.1f}× ({with_them * 1000:.0f} ms against {alone * 1000:.0f} ms)"
        rows.append(Row(10, "callback p99 while 20 desks open 10,000 calls", figure, "≤ 2×", with_them <= 2 * alone))
    return rows


def opening(bench: Bench, server: Server, *, desks: int) -> float:
    """p99 of callbacks at 100/s while so many desks open the board each second."""
    load = bench.load(server.port, rate=100, many=int(100 * bench.seconds) + 1, at_once=100)
    load.go()
    until = time.monotonic() + bench.seconds
    while desks and time.monotonic() < until:
        at_once = [threading.Thread(target=get, args=(server, "/desk/board/")) for _ in range(desks)]
        for thread in at_once:
            thread.start()
        for thread in at_once:
            thread.join()
        time.sleep(max(0.0, min(1.0, until - time.monotonic())))
    p99 = percentile(post_times(load.found()), 0.99)
    bench.say(f"{desks} desks opening: callback p99 {p99 * 1000:.0f} ms")
    return p99


# 11: history ---------------------------------------------------------------------------------------------------------


def history(bench: Bench, wanted: set[int]) -> list[Row]:
    bench.stage.database("ours", "postgres", "_1m")
    bench.say("a million reports of history were made")
    full, empty = bench.in_turns(
        lambda: bench.flat_out("ours", "postgres", "_1m", many=int(3_000 * bench.seconds)),
        lambda: bench.flat_out("ours", "postgres", "_none", many=int(3_000 * bench.seconds)),
    )
    figure = f"{full / empty:.2f}× ({full:.0f}/s against {empty:.0f}/s)"
    return [Row(11, "throughput with 1,000,000 reports of history", figure, "≥ 0.85×", full >= 0.85 * empty)]


# 12: nothing is lost -------------------------------------------------------------------------------------------------


def losses(bench: Bench, wanted: set[int]) -> list[Row]:
    lost = orphans = wrong = answered = 0
    for _ in range(bench.rounds):
        with bench.stage.server("ours", "postgres") as server:
            load = bench.load(server.port, many=int(3_000 * bench.seconds), hangs_up=0.05, stubborn=True)
            load.go()
            for _ in range(2):
                time.sleep(bench.seconds / 3)
                server.kill()
                server.start()
            promised = {(sid, word) for sid, word, *_ in accepted(load.found())}
            answered += len(promised)
            time.sleep(1.0)
            with bench.stage.connect("ours") as rows:
                kept = set(rows.execute("SELECT body->>'CallSid', body->>'CallStatus' FROM calls_report").fetchall())
                lost += len(promised - kept)
                orphans += count(
                    rows,
                    "SELECT count(*) FROM calls_report r LEFT JOIN calls_leg l ON l.sid = r.leg_id WHERE l.sid IS NULL",
                )
                wrong += picture(server, rows)
    bench.say(f"{answered} answered, {lost} lost, {orphans} without a leg, {wrong} wrong on the desk")
    figure = f"{lost} / {orphans} / {wrong} (of {answered} answered)"
    return [
        Row(
            12,
            "kill -9 and hang-ups: acknowledged but lost / without leg / wrong on the desk",
            figure,
            "0 / 0 / 0",
            not (lost or orphans or wrong),
        )
    ]


def count(rows: Any, query: str) -> int:
    return int(rows.execute(query).fetchone()[0])


def picture(server: Server, rows: Any) -> int:
    """How many calls the desk's picture and the database do not agree about."""
    shown = json.loads(gzip.decompress(get(server, "/desk/board/")[1]))["calls"]
    said = {
        (call["id"], call["revision"], leg["sid"], leg.get("status", "in-progress"))
        for call in shown
        for leg in call["legs"]
    }
    true = rows.execute(
        "SELECT c.id::text, p.revision, l.sid, l.status FROM calls_call c JOIN calls_position p ON p.call_id = c.id"
        " JOIN calls_leg l ON l.call_id = c.id"
        " WHERE c.ended_at IS NULL AND c.merged_into_id IS NULL"
    ).fetchall()
    return len({call for call, *_ in said ^ set(true)})


# 13: in the browser ---------------------------------------------------------------------------------------------------


def in_browser(bench: Bench, wanted: set[int]) -> list[Row]:
    """In turns a list that nothing changes in, which is what this machine can draw; one that lives; one scrolled."""
    runs = {
        "nothing changes": {"rate": 0},
        "100 changes/s": {"rate": 100},
        "100 changes/s, scrolled": {"rate": 100, "scrolled": True},
    }
    found: dict[str, list[Felt]] = {name: [] for name in runs}
    with open_desk(bench.stage) as desk:
        for _ in range(bench.rounds):
            for name, run in runs.items():
                found[name].append(felt := desk.felt(seconds=5 * bench.seconds, **run))
                bench.say(f"in the browser, {name}: {felt_words(felt)}")
    still, live, scrolled = (median_of(some) for some in found.values())
    smooth = "≤ 5 %, ≤ 50 ms"
    what = "2,000 calls in Chromium, 100 changes/s: dropped frames, input delay p95"
    return [
        Row(13, what, f"{felt_words(live)} (without changes {felt_words(still)})", smooth, is_smooth(live)),
        Row(13, "… while the list is scrolled", felt_words(scrolled), smooth, is_smooth(scrolled)),
    ]


def median_of(some: list[Felt]) -> Felt:
    return Felt(statistics.median(one.dropped for one in some), statistics.median(one.delay for one in some))


def felt_words(felt: Felt) -> str:
    return f"{felt.dropped:.1%}, {felt.delay * 1000:.0f} ms"


def is_smooth(felt: Felt) -> bool:
    return felt.dropped <= 0.05 and felt.delay <= 0.05


PLAYS: dict[Callable[[Bench, set[int]], list[Row]], set[int]] = {
    intake: {1, 2, 3},
    embedded: {4},
    live: {5, 6},
    fan_out: {7},
    crowd: {8},
    snapshot: {9, 10},
    history: {11},
    losses: {12},
    in_browser: {13},
}
GOALS = set().union(*PLAYS.values())
