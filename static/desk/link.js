// The connection, judged: how fresh is what we show, and when to try again. Pure.

import { t } from "./say.js";
import { moment, timeOfDay } from "./words.js";

export const HEARTBEAT = 2000; // ms between two heads of the server
export const DELAYED = 3000;
export const DEAD = 5000;
const HEALTHY = 60000;

/**
 * What the badge says. `link`: {open, synced, heardAt, offline, tries, retryAt}; times in ms of this machine's clock.
 * Returns {state, word, stale, trouble, meaning, off}: state is live, delayed, resyncing, reconnecting, offline or stale; `trouble` is Twilio's,
 * in words, while our own line may be live; `meaning` is what follows from it; `off` is why no action can be sent, in words. All are "" if all is well.
 */
export function judge(link, board, now) {
  const badge = ours(link, board, now), { provider = "ok", since } = board.floor ?? {};
  const [trouble, meaning] = TROUBLES[provider]?.(since) ?? ["", ""];
  const off = badge.stale ? t`Actions are off: what you see is not current.` : provider === "down" ? t`Actions are off: ${trouble}.` : "";
  return { ...badge, trouble, meaning, off };
}

const TROUBLES = {
  down: (since) => [t`Twilio’s API has not answered since ${timeOfDay(since)}`, t`A call marked unverified may be over. Actions are off until Twilio answers.`],
  // Hours or days ago, as a rule: a time of day would be taken for today's.
  unknown: (since) => [since ? t`Nobody has compared the calls with Twilio since ${moment(since)}` : t`Nobody has compared the calls with Twilio yet`,
    t`A call whose end Twilio could not tell us is shown all the same. Actions can be sent. Tell who runs the desk.`],
};

function ours(link, board, now) {
  if (link.offline) return { state: "offline", word: t`Offline`, stale: true };
  if (board.staleSince !== undefined) return { state: "stale", word: t`Not current`, stale: true };
  const age = now - link.heardAt;
  if (!link.open || age > DEAD) {
    return { state: "reconnecting", word: link.heardAt ? t`Reconnecting` : t`Connecting`, stale: true };
  }
  if (!link.synced) return { state: "resyncing", word: t`Resyncing`, stale: true };
  return age > DELAYED ? { state: "delayed", word: t`Delayed`, stale: false } : { state: "live", word: t`Live`, stale: false };
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
