"""Defects between a row and the board in a browser."""

from tests.mutants.mutant import Edit, Mutant, mutant

TAIL, HUB, MIRROR = "calls/live/tail.py", "calls/live/hub.py", "calls/live/mirror.py"
CHANGED_UP_TO_IT = """\
    changed = Call.objects.filter(position__revision__gt=last, position__revision__lte=board.revision)
    return Reading(board.epoch, board.revision, cards_of(changed), anew=False)
"""
ALL_CHANGED_AND_THEN_IT = """\
    changed = cards_of(Call.objects.filter(position__revision__gt=last))
    crash("tail.after_revision")
    return Reading(board.epoch, Board.objects.get(pk=1).revision, changed, anew=False)
"""

STREAM = (
    Mutant(
        "the tail reads the calls first and the revision after them",
        (
            Edit(TAIL, '    crash("tail.after_revision")\n', ""),
            Edit(TAIL, CHANGED_UP_TO_IT, ALL_CHANGED_AND_THEN_IT),
        ),
        ("tests/live/test_rows.py",),
    ),
    mutant(
        "a call that changed team while the page was away is not among those that are gone",
        MIRROR,
        "                if text is None:\n                    gone.add(card.id)\n",
        "                if text is None:\n                    pass\n",
        "tests/live/test_positions.py",
    ),
    mutant(
        "the epoch is not looked at",
        HUB,
        "if epoch != self.mirror.epoch:",
        "if False:",
        "tests/live/test_positions.py",
    ),
    mutant(
        "no window: a desk gets more than it acknowledges",
        HUB,
        "if self.behind or self.n - self.acked >= WINDOW_MESSAGES or self._out + size > WINDOW_BYTES:",
        "if self.behind:",
        "tests/live/test_slow.py",
    ),
    mutant(
        "the head is told while the board cannot be read",
        HUB,
        "return not self.held_back and self.good_at is not None and self.clock() - self.good_at < BOARD_AGE",
        "return not self.held_back",
        "tests/live/test_picture.py",
    ),
)
