"""Defects in a room: who hears whom, who comes and goes first, and what runs beside the call."""

from tests.mutants.mutant import Edit, Mutant, mutant

HEARING, PROOF, REPORTS = "calls/control/hearing.py", "calls/control/proof.py", "calls/twilio/reports.py"
EARS, TAKING, CONSULT = (f"calls/control/plans/{name}.py" for name in ("ears", "taking", "consult"))
TAPES, LISTENERS = "calls/control/plans/tapes.py", "calls/floor/listeners.py"
GATEWAY, REQUESTS = "calls/twilio/gateway.py", "calls/control/verbs/requests.py"
HEARS, ON_THE_CALL = "tests/control/test_hearing.py", "tests/control/test_ears.py"
TAKES, THIRD = "tests/control/test_taking.py", "tests/control/test_third_plans.py"
PAUSES, BESIDE = "tests/control/test_tapes.py", "tests/control/test_tapes_plans.py"
PAUSED = f"{PAUSES}::test_a_pause_is_shown_when_it_was_seen_and_not_before"

HEARD = (
    mutant(
        "whoever whispers is heard by the caller",
        HEARING,
        "    return not speaker.coaching or listener.sid == coached(speaker, places)\n",
        "    return True\n",
        f"{HEARS}::test_who_hears_whom",
    ),
    mutant(
        "whoever is muted is heard",
        HEARING,
        "    if listener.held or speaker.held or speaker.muted:\n",
        "    if listener.held or speaker.held:\n",
        f"{HEARS}::test_who_hears_whom",
    ),
    mutant(
        "what was wished of a place in one room counts in the next",
        HEARING,
        'if sid not in there or ("set" in sent and sent["room"] != there[sid].room):',
        "if sid not in there:",
        f"{HEARS}::test_where_it_is_not_as_somebody_wished",
    ),
    mutant(
        "a supervisor comes in with an open microphone, and is muted after that",
        EARS,
        "sends=(call_in(cast, me, muted=muted, coach=coach),),",
        "sends=(call_in(cast, me, coach=coach),),",
        f"{ON_THE_CALL}::test_two_supervisors_listen_silent_from_the_first_instant_and_everybody_sees_who",
    ),
    mutant(
        "Twilio is not told that whoever comes in is muted",
        GATEWAY,
        '"Muted": said(muted), "Beep"',
        '"Muted": "false", "Beep"',
        f"{ON_THE_CALL}::test_two_supervisors_listen_silent_from_the_first_instant_and_everybody_sees_who",
    ),
    mutant(
        "whoever whispers comes in as one who speaks",
        GATEWAY,
        "    if coach:\n        values |=",
        "    if coach and muted:\n        values |=",
        f"{ON_THE_CALL}::test_a_whisper_goes_to_the_agent_from_the_first_word",
    ),
    mutant(
        "the room begins with a supervisor who listens",
        EARS,
        '"muted": muted, "coach": coach, "start": False,',
        '"muted": muted, "coach": coach,',
        f"{ON_THE_CALL}::test_two_supervisors_listen_silent_from_the_first_instant_and_everybody_sees_who",
    ),
    mutant(
        "the room ends with a supervisor who hangs up",
        REQUESTS,
        'end_on_exit=wish.get("end_on_exit", False),',
        'end_on_exit=wish.get("end_on_exit", role == "supervisor"),',
        f"{ON_THE_CALL}::test_two_supervisors_listen_silent_from_the_first_instant_and_everybody_sees_who",
    ),
    mutant(
        "whoever goes back to listening stays audible",
        EARS,
        '    said = {"Muted": TRUE if wanted["muted"] else FALSE,',
        '    said = {"Muted": FALSE,',
        f"{ON_THE_CALL}::test_who_has_spoken_and_goes_back_to_listening_is_muted",
    ),
    mutant(
        "whoever may only watch any more goes on listening",
        LISTENERS,
        'ENOUGH = ("monitor_call",',
        'ENOUGH = ("view_call", "monitor_call",',
        f"{ON_THE_CALL}::test_who_may_not_listen_any_more_hears_nothing_more",
    ),
    mutant(
        "a supervisor who lost the right leaves the caller alone",
        LISTENERS,
        "    return seat.room_id if company and not seat.end_on_exit else None\n",
        "    return seat.room_id\n",
        f"{ON_THE_CALL}::test_a_caller_who_has_nobody_else_to_talk_to_keeps_the_supervisor",
    ),
)

TAKEN = (
    mutant(
        "the agent is taken out before the supervisor is in the room",
        TAKING,
        "        sends=(sends,),\n        proof=proof",
        '        sends=(sends, *taken_out(cast, leaves, words="")["sends"]),\n        proof=proof',
        f"{TAKES}::test_ana_goes_when_ben_is_heard_and_not_before",
    ),
    mutant(
        "who has picked up counts as in the room",
        PROOF,
        "        if sid in seats and all(getattr(seats[sid], name) == value for name, value in wanted.items()):\n"
        "            return CONFIRMED\n    ends =",
        "        if legs[sid].answered_at is not None:\n            return CONFIRMED\n    ends =",
        f"{ON_THE_CALL}::test_two_supervisors_listen_silent_from_the_first_instant_and_everybody_sees_who",
    ),
    mutant(
        "with the agent who is taken out the room ends for all",
        TAKING,
        "return part([keeps, out] if seat.end_on_exit else [out],",
        "return part([out],",
        f"{TAKES}::test_where_the_room_would_end_with_ana_it_is_kept_open_first",
    ),
    mutant(
        "whoever is consulted is called while the caller still listens",
        CONSULT,
        '        sends=(*keeps_open, {"seat"',
        '        sends=(*keeps_open, *calls["sends"], {"seat"',
        f"{THIRD}::test_the_caller_is_on_hold_before_anybody_is_called_and_off_it_if_nobody_answers",
    ),
    mutant(
        "nobody is there for a consultation, and the caller stays on hold",
        CONSULT,
        "        looks=[now.caller.sid],\n        otherwise=resumes,\n",
        "        looks=[now.caller.sid],\n",
        f"{THIRD}::test_the_caller_is_on_hold_before_anybody_is_called_and_off_it_if_nobody_answers",
    ),
    mutant(
        "a consultation is canceled, and the caller stays on hold",
        CONSULT,
        "    if held:\n        effects.append",
        "    if held and now.third is None:\n        effects.append",
        f"{THIRD}::test_a_consultation_is_canceled_when_the_third_one_is_gone_and_the_caller_off_hold",
    ),
    mutant(
        "a canceled consultation is done as soon as the third one is gone",
        CONSULT,
        '    parts.append({"flags": {now.caller.sid: {"held": False}}})\n    return Plan(',
        "    return Plan(",
        f"{THIRD}::test_a_consultation_is_canceled_when_the_third_one_is_gone_and_the_caller_off_hold",
    ),
    mutant(
        "the agent hands over, and leaves while the caller is still on hold",
        CONSULT,
        '    return {**joined, "then": part(sends, gone, words=words, looks=[agent.sid])}\n',
        '    return {"sends": (*joined["sends"], *sends), "proof": {"all": [joined["proof"], gone]}}\n',
        f"{THIRD}::test_the_agent_leaves_only_when_the_caller_is_off_hold",
    ),
    mutant(
        "the two who are swapped hear each other for a moment",
        CONSULT,
        '        sends=(on,),\n        proof={"flags": {waits.sid: {"held": True}}},\n',
        '        sends=(off_hold(back, now.room), on),\n        proof={"flags": {waits.sid: {"held": True}}},\n',
        f"{THIRD}::test_whom_the_agent_leaves_is_on_hold_before_the_other_comes_off_it",
    ),
)

RUNS_BESIDE = (
    mutant(
        "that Twilio took a pause is taken for a pause",
        REPORTS,
        '        looked_at=looked or "gone" in said,\n',
        "        looked_at=True,\n",
        PAUSED,
    ),
    mutant(
        "a pause is proved by a look from before it",
        TAPES,
        '        proof=tapes_are("paused", tapes, max(beside.now, beside.trusted)),\n',
        '        proof=tapes_are("paused", tapes, 0),\n',
        f"{BESIDE}::test_a_pause_is_heard_as_silence_and_proved_by_a_look_from_after_it",
    ),
    mutant(
        "to let a recording go on stops it for good",
        TAPES,
        '    to = {"Status": status} |',
        '    to = {"Status": "stopped" if status == "in-progress" else status} |',
        f"{BESIDE}::test_only_what_is_stopped_is_over_for_good",
    ),
    mutant(
        "a recording that is stopped is only paused",
        TAPES,
        '"to": {"Status": "stopped"}, "each": True}',
        '"to": {"Status": "paused" if one.kind == "recording" else "stopped"}, "each": True}',
        f"{BESIDE}::test_only_what_is_stopped_is_over_for_good",
    ),
    mutant(
        "a pause leaves no silence, and the times in the recording are wrong",
        TAPES,
        '({"PauseBehavior": "silence"} if status == "paused" else {})',
        "{}",
        f"{BESIDE}::test_a_pause_is_heard_as_silence_and_proved_by_a_look_from_after_it",
    ),
    mutant(
        "privacy leaves one of three on",
        TAPES,
        "*(stopping(one) for one in others)),\n",
        "*(stopping(one) for one in others[:1])),\n",
        f"{BESIDE}::test_privacy_is_about_all_of_them_and_is_on_when_all_were_seen",
    ),
    mutant(
        "privacy is said to be on while one of three still runs",
        TAPES,
        'tapes_are("paused", tapes, after), silent(others), {"coming"',
        'tapes_are("paused", tapes, after), silent(others[:1]), {"coming"',
        f"{BESIDE}::test_privacy_is_about_all_of_them_and_is_on_when_all_were_seen",
    ),
    mutant(
        "a recording begins although privacy is on",
        TAPES,
        "    if beside.private:\n        return Refusal(",
        "    if False:\n        return Refusal(",
        f"{BESIDE}::test_nothing_begins_and_nothing_goes_on_while_privacy_is_on",
    ),
    mutant(
        "where the pause is not answered the rest runs on",
        "calls/control/asking.py",
        'if not sent.get("each"):',
        "if True:",
        "tests/control/test_beside.py::test_privacy_stops_the_rest_also_where_the_pause_is_not_answered",
    ),
    Mutant(
        "privacy that is switched on while a recording begins does not wait for it",
        (Edit(TAPES, "    coming = {one.wish: one.leg for one in beside.begun if one.sent}\n", "    coming = {}\n"),),
        ("tests/control/test_beside.py::"
         "test_a_recording_that_begins_after_privacy_was_switched_on_is_paused_as_soon_as_it_is_known",),
    ),
)  # fmt: skip

ROOMS = (*HEARD, *TAKEN, *RUNS_BESIDE)
