// What runs beside a call, in words: recording, transcription, stream, privacy, time limit; and who listens. Pure.

import { t } from "./say.js";
import { clock, timeOfDay } from "./words.js";

/**
 * [{icon, look, words}] of `call.beside` at `now` (ms, server's clock). Look: "is-on" (red: it is recorded), "is-late" (somebody should do
 * something), "" (told). A pause that nobody has confirmed is none.
 */
export function besides(call, now) {
  const { recording, paused_at, transcribed, streamed, private_since, remind_at, limit_at } = call.beside ?? {};
  if (call.ended_at) return [];
  const told = [];
  if (recording === "paused") told.push({ icon: "pause", look: "", words: t`Recording paused, confirmed at ${timeOfDay(paused_at)}` });
  else if (recording) told.push({ icon: "record", look: "is-on", words: recording === "pausing" ? t`Pausing … still recording` : t`Recording` });
  if (transcribed) told.push({ icon: "transcribe", look: "is-on", words: t`Transcribed` });
  if (streamed) told.push({ icon: "stream", look: "is-on", words: t`Streamed` });
  if (private_since) told.push(privacy(now - Date.parse(private_since), Date.parse(remind_at) - now));
  if (limit_at) told.push({ icon: "limit", look: "", words: t`Ends by itself in ${clock(Date.parse(limit_at) - now)}` });
  return told;
}

function privacy(since, left) {
  const late = left <= 0;
  return { icon: "privacy", look: late ? "is-late" : "", words: late ? t`Privacy for ${clock(since)}. Should it end?` : t`Privacy for ${clock(since)}. Reminder in ${clock(left)}.` };
}

const MODES = { listening: t`listening, muted`, whispering: t`whispering`, speaking: t`speaking` };
export const modeOf = (leg) => (leg.coaching ? "whispering" : leg.muted ? "listening" : "speaking");

/** Who is on the call beside the people it is about: [{mine, mode, words, since}]; nobody listens unseen. */
export function supervising(call, you) {
  return call.legs.filter((leg) => leg.role === "supervisor" && !leg.ended_at).map((leg) => {
    const mine = Boolean(you?.user?.name) && leg.name === you.user.name, rings = leg.status !== "in-progress";
    const does = rings ? t`being rung` : MODES[modeOf(leg)];
    return { mine, mode: rings ? "" : modeOf(leg), words: [mine ? t`You are` : t`${leg.name || t`A supervisor`} is`, does], since: rings ? null : leg.answered_at };
  });
}
