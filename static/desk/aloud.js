// For who listens to the page: what happened, in one sentence at a time. Which one is decided without the document.

import { some, t } from "./say.js";
import { callerOf, stateOf } from "./words.js";

const EVERY = 5000; // ms between two sentences: whoever is read to cannot skim
const BEFORE_TALK = new Set(["waiting", "in-menu", "ringing"]);

const stuck = (call) => call.actions.filter((action) => action.state === "abandoned").length;

/** What came between two pictures, in the order in which it matters; "" if nothing did. `open`: the id of the call that is open. */
export function summary(before, calls, open) {
  const known = [...calls].filter(([id]) => before.has(id)).map(([id, call]) => [before.get(id), call]);
  const mine = before.get(open), now = calls.get(open), mineIs = mine && now && stateOf(now).word;
  const others = known.filter(([, call]) => call !== now), human = known.filter(([was, call]) => stuck(call) > was.stuck).length;
  const come = [...calls.keys()].filter((id) => !before.has(id)).length, gone = [...before.keys()].filter((id) => id !== open && !calls.has(id)).length;
  const answered = others.filter(([was, call]) => BEFORE_TALK.has(was.status) && !BEFORE_TALK.has(call.status)).length;
  return [
    human && some(human, "{0} needs a human", "{0} need a human"),
    mineIs && mineIs !== mine.word ? t`the open call, ${callerOf(now)}: ${mineIs}` : mine && !now ? t`the open call has ended` : "",
    come && some(come, "{0} new", "{0} new"),
    answered && some(answered, "{0} answered", "{0} answered"),
    gone && some(gone, "{0} ended", "{0} ended"),
  ].filter(Boolean).join(", ");
}

/** What summary() looks at, and no more: bodies of calls that are gone are not kept. */
const marksOf = (calls) => new Map([...calls].map(([id, call]) => [id, { status: call.status, word: stateOf(call).word, stuck: stuck(call) }]));

export class Aloud {
  /** `speak(sentence)`: where it is read out. */
  constructor(speak) {
    Object.assign(this, { speak, words: [], before: null, at: -Infinity });
  }

  /** Something that this person should know beside what the board tells. */
  say(words) { this.words.push(words); }

  hear(board, open, now) {
    if (now - this.at < EVERY) return;
    if (board.revision !== null) {
      this.words.push(this.before ? summary(this.before, board.calls, open) : "");
      this.before = marksOf(board.calls);
    }
    const words = this.words.filter(Boolean).join(". ");
    this.words = [];
    if (!words) return;
    this.at = now;
    this.speak(`${words.charAt(0).toUpperCase()}${words.slice(1)}.`);
  }

  forget() { Object.assign(this, { words: [], before: null }); }
}
