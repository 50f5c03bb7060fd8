// A row of the list as one sentence: what who hears the list is told of a call. Pure.

import { some, t } from "./say.js";
import { callerOf, isOutbound, listed, stateOf, waitsSince } from "./words.js";

const SECONDS = 60, MINUTES = 60;

/** Whole minutes only: what is read out must not change while it is read. */
export function spoken(ms) {
  const minutes = Math.floor(Math.max(0, ms) / 1000 / SECONDS), hours = Math.floor(minutes / MINUTES), rest = minutes % MINUTES;
  if (!minutes) return t`less than a minute`;
  return listed([hours && some(hours, "{0} hour", "{0} hours"), rest && some(rest, "{0} minute", "{0} minutes")].filter(Boolean));
}

/** What goes on: each with the agent if there is one. */
const DOING = {
  waiting: ({ queue }) => (queue ? t`waiting in ${queue}` : t`waiting`),
  "in-menu": () => t`in the menu`,
  ringing: ({ agent }) => (agent ? t`ringing at ${agent}` : t`ringing`),
  talking: ({ agent }) => (agent ? t`talking with ${agent}` : t`talking`),
  held: ({ agent }) => (agent ? t`on hold, with ${agent}` : t`on hold`),
  consulting: ({ agent }) => (agent ? t`waiting while ${agent} consults somebody` : t`waiting for a consultation`),
  "with-bot": () => t`talking with an AI agent`,
  ending: () => t`ending`,
};
const TOO_LONG = { attention: t`near the limit`, breach: t`over the limit` };

/** Since when the sentence counts: ISO or null. */
export const countedFrom = (call) => (call.ended_at ? null : call.unverified_since ?? call.since);

/** "Caller +1 ··· 0134, Billing, talking with Ana Ruiz for 3 minutes, over the limit." `strain`: of limits.js; `now`: ms, the server's clock. */
export function sentenceOf(call, strain, now) {
  const since = countedFrom(call), waits = waitsSince(call), word = stateOf(call).word.toLowerCase();
  const doing = call.ended_at || call.unverified_since ? word : DOING[call.status]?.(call) ?? word;
  const listens = !call.ended_at && call.legs.some((leg) => leg.role === "supervisor" && !leg.ended_at);
  const who = isOutbound(call) ? t`Call to ${call.caller || t`somebody unknown`}` : call.caller ? t`Caller ${call.caller}` : callerOf(call);
  return `${[
    who, call.line || call.queue || call.team_name,
    since ? `${doing} ${t`for ${spoken(now - Date.parse(since))}`}` : doing, waits && t`waiting for ${spoken(now - Date.parse(waits))}`, strain && TOO_LONG[strain.look], listens && t`a supervisor is on it`,
    call.actions.some((action) => action.state === "abandoned") && t`needs a human`,
    call.tags?.length && t`tagged ${call.tags.join(", ")}`,
  ].filter(Boolean).join(", ")}.`;
}
