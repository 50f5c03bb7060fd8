"""House rules that a reader would check by eye, and sometimes would not."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = sorted(path for folder in ("calls", "callcenter") for path in (ROOT / folder).rglob("*.py"))
BROWSER = sorted(path for path in (ROOT / "static").rglob("*.js"))
BANS = [
    # A view that gets a call by its id alone shows it to everybody.
    (r"\b(Call|Leg|Action)\.objects\.get\(", ["desk/views.py"], "goes through visible_to(user)"),
    # One seed reproduces one run.
    (r"\b(import random|random\.\w+\()", None, "no dice in the application"),
    (r"\btime\.time\(\)", None, "no wall clock but timezone.now()"),
    (r"\bmark_safe\b", None, "nothing is safe because somebody says so"),
    (r"\bgroup_send\b", "all but live/hint.py", "one sender on the channel layer"),
    (r"\bdatabase_sync_to_async\b", None, "one thread for all sockets"),
]


@pytest.mark.parametrize(("pattern", "where", "why"), BANS, ids=[why for _, _, why in BANS])
def test_what_is_banned_is_nowhere(pattern, where, why):
    if isinstance(where, list):
        looked_at = [path for path in OURS if str(path).endswith(tuple(where))]
    else:
        looked_at = [path for path in OURS if where is None or not str(path).endswith(where.removeprefix("all but "))]
    assert looked_at
    assert [str(path.relative_to(ROOT)) for path in looked_at if re.search(pattern, path.read_text())] == []


def test_the_page_builds_no_html_from_text():
    bad = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\()")
    assert [path.name for path in BROWSER if bad.search(path.read_text())] == []
