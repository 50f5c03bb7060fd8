// Which buttons the open call has, and in which group: only what makes sense on it as it is. Pure.

import { t } from "./say.js";
import { everMay } from "./words.js";

export const GROUPS = [
  [t`Consult`, ["complete", "swap", "cancel"]],
  [t`Talk`, ["monitor", "whisper", "barge", "leave", "take_over", "hand_back"]],
  [t`Move`, ["transfer", "redirect", "pull", "front", "move", "add"]],
  [t`Say`, ["announce"]],
  [t`Control`, ["hold", "resume", "mute", "unmute", "record", "stop_recording", "pause", "resume_recording", "privacy", "end_privacy",
    "kick", "transcribe", "stop_transcript", "stream", "stop_stream", "limit"]],
  [t`End`, ["end"]],
];
/** On the button itself, where the name of the wish is too long for it. */
export const SHORT = {
  resume: t`Resume`, cancel: t`Cancel`, stop_recording: t`Stop rec.`, resume_recording: t`Go on rec.`, pause: t`Pause rec.`, stop_transcript: t`Stop text`, transcribe: t`Transcript`,
  stop_stream: t`Stop stream`, end_privacy: t`End privacy`, limit: t`Time limit`, front: t`To front`, end: t`End…`,
};

/** Under "More" where there are several of them. */
const RARE = new Set(["add", "kick", "transcribe", "stop_transcript", "stream", "stop_stream", "limit"]);
/** All that a telephone's screen has room for without it. */
const FIRST = new Set(["complete", "swap", "cancel", "monitor", "leave", "take_over", "hand_back", "transfer", "redirect", "pull", "announce", "hold", "resume", "end"]);
// What goes on with another wish or takes it back, and what only a waiting caller needs: there if it can be done.
const FITTING = new Set([
  "complete", "swap", "cancel", "leave", "hand_back", "resume", "unmute", "stop_recording", "pause", "resume_recording", "end_privacy",
  "stop_transcript", "stop_stream", "pull", "front", "move",
]);
const WAITING = new Set(["pull", "front", "move"]);
// What needs a conversation: before there is one, only if it can be done all the same.
const AMID_TALK = new Set(["monitor", "whisper", "barge", "take_over", "hold", "mute", "privacy", "kick"]);
const BEFORE_TALK = new Set(["in-menu", "waiting", "ringing"]);
const TAKES_BACK = {
  take_over: "hand_back", hold: "resume", mute: "unmute", record: "stop_recording", privacy: "end_privacy", transcribe: "stop_transcript", stream: "stop_stream",
};

/** The verbs to draw: {shown, rare}. `can`: what the server says of each verb now, "" if it can be wished (null: not known yet); `small`: on a telephone. */
export function buttonsOf(call, you, known, can, small = false) {
  const able = (verb) => can !== null && can[verb] === "";
  const many = call.legs.filter((leg) => !leg.ended_at && leg.role !== "supervisor").length > 2;
  const draws = (verb) => {
    if (!known.has(verb) || !everMay(you, verb)) return false;
    if (AMID_TALK.has(verb) && BEFORE_TALK.has(call.status)) return able(verb);
    if (FITTING.has(verb)) return able(verb) || (WAITING.has(verb) && call.status === "waiting");
    const back = TAKES_BACK[verb];
    return !back || !able(back) || (many && able(verb)); // of three, one is on hold and another may be put there
  };
  const shown = GROUPS.flatMap(([, verbs]) => verbs).filter(draws);
  const rare = shown.filter((verb) => (small ? !FIRST.has(verb) : RARE.has(verb)));
  return { shown, rare: rare.length > 1 ? rare : [] };
}

/** What `can` is asked anew for: legs, and what is known of each. */
export const standsAs = (call) => [call.id, call.shape, call.status, ...call.legs.map((leg) => `${leg.sid}${leg.status}${leg.held}${Boolean(leg.muted)}`)].join(" ");
