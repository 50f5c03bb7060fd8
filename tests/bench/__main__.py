"""`make bench`: every goal in turns with what it is measured against, a table, and docs/benchmark.md.

`make bench GOALS=1,4` plays some of them and leaves the document alone.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from tests.bench.goals import GOALS, PLAYS
from tests.bench.runs import Bench, Row
from tests.bench.stage import ROOT, Stage

DOCUMENT = ROOT / "docs" / "benchmark.md"
console = Console(width=160)


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("--goals", default="", help="1,4 for some of them")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=4.0, help="of each run")
    options = asked.parse_args()
    wanted = {int(goal) for goal in options.goals.split(",") if goal} or GOALS
    began = time.monotonic()
    rows: list[Row] = []
    with Stage() as stage:
        bench = Bench(
            stage, rounds=options.rounds, seconds=options.seconds, say=lambda line: console.print(f"[dim]{line}")
        )
        for play, goals in PLAYS.items():
            if goals & wanted:
                rows += play(bench, goals & wanted)
        machine = about(stage)
    rows.sort(key=lambda row: row.goal)
    console.print(table(rows))
    took = time.monotonic() - began
    machine["The run"] = (
        f"{options.rounds} rounds of {options.seconds:g} s a run, medians; {took / 60:.0f} minutes;"
        f" the load itself needed {max(bench.shares, default=0):.0%} of one processor at most"
    )
    if wanted == GOALS:
        DOCUMENT.write_text(document(rows, machine))
        console.print(f"Written to {DOCUMENT.relative_to(ROOT)}.")
    return int(any(row.ok is False for row in rows))


def table(rows: list[Row]) -> Table:
    made = Table("Goal", "What", "Figure", "Threshold", "")
    for row in rows:
        made.add_row(str(row.goal), row.what, row.figure, row.threshold, verdict(row))
    return made


def verdict(row: Row) -> str:
    return {True: "reached", False: "missed", None: ""}[row.ok]


def about(stage: Stage) -> dict[str, str]:
    with stage.connect("postgres") as rows:
        (postgres,) = rows.execute("SHOW server_version").fetchone() or ("?",)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("Django", "Channels", "uvicorn", "psycopg", "uvloop"))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "Date": datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        "Commit": commit.stdout.strip() or "?",
        "Machine": f"{os.cpu_count()} cores ({processor()}), {platform.system()} {platform.release()}",
        "Software": f"Python {platform.python_version()}, PostgreSQL {postgres} (fsync on), {libraries}",
    }


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def document(rows: list[Row], machine: dict[str, str]) -> str:
    lines = [
        "# Benchmark",
        "",
        "`make bench` writes this page. Server, clients, PostgreSQL and Valkey share one machine, so the absolute",
        "figures say little about yours; the ratios are between runs that took turns. *Naive* is the app that",
        "tutorials write (`tests/bench/naive.py`: a synchronous view, `get_or_create`, `save`, `group_send` an event),",
        "*bare* an ASGI function (`tests/bench/bare.py`). Every callback is signed, has some 30 parameters and belongs",
        "to a call with a caller's and an agent's leg; it is answered when it is on disk.",
        "",
        "| goal | what | figure | threshold | |",
        "|---|---|---|---|---|",
        *(f"| {row.goal} | {row.what} | {row.figure} | {row.threshold} | {verdict(row)} |" for row in rows),
        "",
        *(f"- {name}: {said}" for name, said in machine.items()),
        "",
        "Why it is so, and what comes next: [speed.md](speed.md).",
        "",
        "To repeat it: `make bench` on an otherwise idle machine; `make bench GOALS=1,4` for some of the goals.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
