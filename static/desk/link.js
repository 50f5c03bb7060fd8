// The connection, judged: how fresh is what we show, and when to try again. Pure.

import { timeOfDay } from "./words.js";

export const HEARTBEAT = 2000; // ms between two heads of the server
export const DELAYED = 3000;
export const DEAD = 5000;
const HEALTHY = 60000;

/**
 * What the badge says. `link`: {open, synced, heardAt, offline, tries, retryAt}; times in ms of this machine's clock.
 * Returns {state, word, stale, trouble, off}: state is live, delayed, resyncing, reconnecting, offline or stale; `trouble` is Twilio's, in
 * words, while our own line may be live; `off` is why no action can be sent, in words. Both are "" if all is well.
 */
export function judge(link, board, now) {
  const badge = ours(link, board, now), away = board.floor?.provider === "down";
  const trouble = away ? `Twilio’s API has not answered since ${timeOfDay(board.floor.since)}` : "";
  const off = badge.stale ? "Actions are off: what you see is not current." : away ? `Actions are off: ${trouble}.` : "";
  return { ...badge, trouble, off };
}

function ours(link, board, now) {
  if (link.offline) return { state: "offline", word: "Offline", stale: true };
  if (board.staleSince !== undefined) return { state: "stale", word: "Not current", stale: true };
  const age = now - link.heardAt;
  if (!link.open || age > DEAD) {
    return { state: "reconnecting", word: link.heardAt ? "Reconnecting" : "Connecting", stale: true };
  }
  if (!link.synced) return { state: "resyncing", word: "Resyncing", stale: true };
  return age > DELAYED ? { state: "delayed", word: "Delayed", stale: false } : { state: "live", word: "Live", stale: false };
}

/** Milliseconds until the next try: full jitter, so that a floor of desks does not come back as one wave. */
export function wait(tries, random = Math.random) {
  return Math.max(250, random() * Math.min(30000, 500 * 2 ** tries));
}

/** How many tries count after a connection that lived this long. */
export function triesAfter(tries, lived) {
  return lived > HEALTHY ? 0 : tries + 1;
}

/** What a close code asks of us: try again, wait for a restart, sign in, or give up. */
export function afterClose(code) {
  if (code === 4401) return "sign-in";
  if (code === 4403) return "forbidden";
  if (code === 4409) return "version";
  if (code === 1012) return "restart";
  return "retry";
}
