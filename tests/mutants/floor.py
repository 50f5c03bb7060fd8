"""Defects of what the floor does by itself: the parts of a wish one after the other, queues, one wish on many calls."""

from tests.mutants.mutant import Edit, Mutant, mutant

OUTCOMES, PERFORM, ACTION = "calls/floor/outcomes.py", "calls/control/perform.py", "calls/models/action.py"
ROUTING, BULK, POLICY = "calls/floor/routing.py", "calls/floor/bulk.py", "calls/control/policy.py"
STEPS, ROUTES = "tests/control/test_steps.py", "tests/floor/test_routing.py"
MANY, PRESSED = "tests/desk/test_bulk.py", "tests/control/test_ears.py"

PARTS = (
    mutant(
        "that Twilio took a part is taken for its effect",
        PERFORM,
        "        on = current.learn if state == State.FAILED else current.become\n",
        '        if state == State.ACCEPTED and "then" in current.part:\n'
        "            return current.learn(State.CONFIRMED, at=timezone.now())\n"
        "        on = current.learn if state == State.FAILED else current.become\n",
        f"{STEPS}::test_the_second_part_is_sent_when_the_first_is_seen_and_not_before",
    ),
    mutant(
        "the next part is sent whatever has become of the one before",
        OUTCOMES,
        "if not action.repairs and (why := not_now(action, now)):",
        "if False:",
        f"{STEPS}::test_nothing_more_is_sent_when_what_it_is_built_upon_is_not_so_any_more",
    ),
    mutant(
        "whoever is called by a later part is rung again after a crash",
        OUTCOMES,
        'any(name in sent for sent in action.part["sends"] for name in once)',
        'any(name in sent for sent in action.plan["sends"] for name in once)',
        f"{STEPS}::test_whoever_is_called_by_the_second_part_is_not_rung_again_after_a_crash",
    ),
    mutant(
        "what failed half-way is not made good",
        ACTION,
        'after = "then" if state == self.State.CONFIRMED else "otherwise"',
        'after = "then" if state == self.State.CONFIRMED else "never"',
        f"{STEPS}::test_what_failed_is_made_good_and_then_the_wish_has_failed",
    ),
    mutant(
        "what failed half-way is made good only in time",
        OUTCOMES,
        "if not action.repairs and (why := not_now(action, now)):",
        "if why := not_now(action, now):",
        f"{STEPS}::test_what_failed_is_made_good_and_then_the_wish_has_failed",
    ),
    mutant(
        "a wish that was only made good is told as done",
        ACTION,
        "            if self.repairs:\n",
        "            if False:\n",
        f"{STEPS}::test_what_failed_is_made_good_and_then_the_wish_has_failed",
    ),
)

QUEUES = (
    mutant(
        "two agents are rung for one caller",
        ROUTING,
        "Waiting.objects.filter(left_at=None, agent=None, call__status=Status.WAITING,",
        "Waiting.objects.filter(left_at=None, call__status=Status.WAITING,",
        f"{ROUTES}::test_one_caller_is_offered_to_one_of_two_who_are_free",
    ),
    Mutant(
        "who is away is rung",
        (
            Edit(ROUTING, "teams__in=teams, state=State.AVAILABLE)", "teams__in=teams)"),
            Edit(ROUTING, "if agent.state != State.AVAILABLE or not change(", "if not change("),
        ),
        (f"{ROUTES}::test_who_is_away_offline_busy_or_wrapping_up_is_never_rung",),
    ),
    mutant(
        "whoever is away stands in the way of who is free",
        ROUTING,
        "teams__in=teams, state=State.AVAILABLE)",
        "teams__in=teams)",
        f"{ROUTES}::test_who_is_away_keeps_nobody_from_who_is_free",
    ),
    mutant(
        "who had a call last is rung first",
        ROUTING,
        'F("idle_since").asc(nulls_first=True)',
        'F("idle_since").desc(nulls_last=True)',
        f"{ROUTES}::test_who_has_been_free_longest_is_rung",
    ),
    mutant(
        "who never had a call is rung last",
        ROUTING,
        'F("idle_since").asc(nulls_first=True)',
        'F("idle_since").asc(nulls_last=True)',
        f"{ROUTES}::test_who_has_been_free_longest_is_rung",
    ),
    mutant(
        "nobody asks for the skill",
        ROUTING,
        "if agent.can(entry.queue.skill)), None)",
        "if True), None)",
        f"{ROUTES}::test_only_who_has_the_skill_is_rung",
    ),
    Mutant(
        "agents of another team are rung",
        (
            Edit(ROUTING, "rested(now), teams__in=teams, state", "rested(now), state"),
            Edit(ROUTING, "free[agent.team].append(agent)", "[mates.append(agent) for mates in free.values()]"),
        ),
        (f"{ROUTES}::test_nobody_of_another_team_is_rung",),
    ),
    mutant(
        "who was put first is served when their time comes",
        ROUTING,
        '.order_by("place", "pk"):',
        '.order_by("entered_at", "pk"):',
        f"{ROUTES}::test_whoever_is_first_in_the_queue_is_served_first",
    ),
)

ONE_ON_MANY = (
    mutant(
        "a wish on many calls asks for one of them twice after a crash",
        "calls/models/bulk.py",
        "        return uuid5(self.pk, str(call))\n",
        "        return uuid4()\n",
        f"{MANY}::test_who_dies_before_it_is_written_down_asks_for_nothing_twice",
    ),
    mutant(
        "how many calls was typed is not compared",
        "calls/desk/bulk.py",
        "    if int(count) != len(meant):\n",
        "    if False:\n",
        f"{MANY}::test_what_is_wrong_is_told_before_anything_is_begun",
    ),
    mutant(
        "the button that stops it stops nothing",
        BULK,
        "Bulk.objects.filter(pk=bulk.pk, made=bulk.made, stopped_at=None).update(asking_at",
        "Bulk.objects.filter(pk=bulk.pk, made=bulk.made).update(asking_at",
        f"{MANY}::test_nobody_is_asked_for_once_it_is_stopped",
    ),
    mutant(
        "on many calls nobody is asked whether they may",
        BULK,
        'key=key, shape="")',
        'key=key, shape="", owed=True)',
        f"{MANY}::test_whom_one_may_not_touch_is_listed_as_refused",
    ),
)

MAY = (
    mutant(
        "of a verb beside the first four the permission is not asked",
        PERFORM,
        "for codename in () if owed else (policy.PERMISSION[name], *plan.needs):",
        'for codename in () if owed or name not in ("transfer", "announce", "end", "redirect") else '
        "(policy.PERMISSION[name], *plan.needs):",
        f"{PRESSED}::test_wes_may_only_watch_whatever_is_wished_of_a_room",
    ),
    mutant(
        "who may listen may speak",
        POLICY,
        '"barge": "barge_call",',
        '"barge": "monitor_call",',
        f"{PRESSED}::test_who_may_listen_may_not_speak",
    ),
    mutant(
        "what a plan needs beside its verb is not asked",
        PERFORM,
        "(policy.PERMISSION[name], *plan.needs):",
        "(policy.PERMISSION[name],):",
        "tests/control/test_dialling.py::test_who_may_transfer_may_not_therefore_dial_outside",
    ),
    mutant(
        "two wishes at once move people in one room",
        "calls/control/verbs/deed.py",
        "    EXCLUSIVE: bool = True\n",
        "    EXCLUSIVE: bool = False\n",
        f"{PRESSED}::test_one_at_a_time_moves_people_in_the_room",
    ),
    mutant(
        "whoever listens keeps the others from their wishes",
        "calls/control/verbs/ears.py",
        "return Deed(plan, choices, EXCLUSIVE=False)",
        "return Deed(plan, choices)",
        f"{PRESSED}::test_other_wishes_go_on_while_somebody_joins_and_no_one_keeps_kim_out",
    ),
)

FLOOR = (*PARTS, *QUEUES, *ONE_ON_MANY, *MAY)
