// How late this desk is, measured where it is looked at: from when it happened, by Twilio's clock, and from when we were told, until it is on
// this screen. Pure.

import { t, tenths } from "./say.js";

const LAST = 200; // changes that the figures are of
const FEW = 5; // fewer are no figure
const ABSURD = 60_000; // ms; a clock that is wrong, or a computer that was asleep

export class Delays {
  constructor() {
    Object.assign(this, { happened: [], told: [], waiting: [] });
  }

  /** Calls of a frame that has just come: [as it was (undefined: unknown), as it is]. */
  came(pairs) {
    for (const [was, call] of pairs) {
      if (!call.heard_at || call.heard_at === was?.heard_at) continue; // a wish of ours moved on: nobody telephoned
      // When something other than a change of state is new, nobody has told when that happened.
      const happened = call.since && call.since !== was?.since ? Date.parse(call.since) : null;
      this.waiting.push({ told: Date.parse(call.heard_at), happened });
    }
  }

  /** What has come is on the screen now; `now` by the server's clock. */
  painted(now) {
    for (const { told, happened } of this.waiting.splice(0)) {
      note(this.told, now - told);
      if (happened !== null) note(this.happened, now - happened);
    }
  }

  /** Nobody saw it: the page was in the background. */
  unseen() { this.waiting = []; }

  figures() { return { happened: spread(this.happened), told: spread(this.told), count: this.told.length }; }
}

function note(list, ms) {
  if (ms > ABSURD) return;
  list.push(Math.max(0, ms)); // clocks differ
  if (list.length > LAST) list.shift();
}

/** {half, most}: what half of them stay under, and nineteen of twenty; null of too few. */
export function spread(list) {
  if (list.length < FEW) return null;
  const sorted = [...list].sort((one, other) => one - other), at = (share) => sorted[Math.ceil(share * sorted.length) - 1];
  return { half: at(0.5), most: at(0.95) };
}

const shown = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${tenths(ms / 1000)} s`);

/** For the foot of the list: {words, title}; no words as long as too little has happened. */
export function delayWords({ happened, told, count }) {
  const figures = [happened && t`${shown(happened.half)} / ${shown(happened.most)} from Twilio`, told && t`${shown(told.half)} / ${shown(told.most)} from the server`];
  const words = figures.filter(Boolean).join(", ");
  const title = t`Of the last ${count} changes half, and 95 of 100, were on this screen within that time after they happened, by Twilio’s clock, and after the server was told.`;
  return words ? { words: `p50 / p95: ${words}`, title } : { words: "", title: "" };
}
