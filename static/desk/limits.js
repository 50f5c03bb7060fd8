// Which calls have gone on for too long, or nearly so: the mark at the edge of a row, and the word for it. Pure.

import { t } from "./say.js";
import { clock } from "./words.js";

export const NONE = { queues: {}, teams: {} };

/** Of which time a threshold tells, and since when it runs: [kind, ISO]. */
function running(call) {
  if (call.unverified_since) return ["unverified", call.unverified_since];
  if (call.waits_since && (call.status === "waiting" || call.status === "ringing")) return ["wait", call.waits_since];
  return [{ waiting: "wait", held: "hold", talking: "talk" }[call.status], call.since];
}

/** {look: "attention" or "breach", words}; null if there is nothing to say. `limits`: as /desk/limits/ tells them. */
export function strainOf(call, limits, now) {
  const [kind, since] = running(call), marks = (limits.queues[call.queue] ?? limits.teams[call.team])?.[kind];
  if (!marks || !since || call.ended_at) return null;
  const [amber, red] = marks, seconds = (now - Date.parse(since)) / 1000;
  if (seconds >= red) return { look: "breach", words: t`over ${clock(red * 1000)}` };
  return seconds >= amber ? { look: "attention", words: t`of ${clock(red * 1000)}` } : null;
}
