// The board as this browser knows it: a pure reducer. No document, no socket, no clock: `now` comes in as milliseconds.
//
// A frame says "from A to B". On a board at M it is applied if A ≤ M < B, it is old news if B ≤ M, and if M < A
// something is missing: the board stays as it is and asks (`then: "sync"`).

import { whole } from "./lean.js";

export const NOTHING = Object.freeze({
  epoch: "", revision: null, rights: "", you: null, calls: new Map(), ended: new Map(), staleSince: undefined, ahead: false, floor: null, alarms: Object.freeze([]),
});

/** The picture as the server gave it, whole. */
export function start(board, snapshot, rights = board.rights) {
  const calls = new Map(snapshot.calls.map((call) => [call.id, whole(call)]));
  const { epoch, revision } = snapshot;
  return { ...board, epoch, revision, rights, calls, ended: new Map(), staleSince: undefined, ahead: false };
}

/** What one message makes of the board. Returns {board, then}: `then` is "", "sync", "reload" or "rights". */
export function hear(board, message, now = 0) {
  switch (message.op) {
    case "frame": return frame(board, message, now);
    case "head": return head(board, message);
    // What is too much is told anew on every line, if there is anything.
    case "hello": return { board: { ...board, you: message.you, alarms: null }, then: "" }; // nobody has told us yet
    case "alarms": return { board: { ...board, alarms: message.alarms }, then: "" };
    // Its digest comes with the next picture: until then we hold one of the old rights, and must not pass for more.
    case "rights": return { board: { ...board, you: message.you }, then: "rights" };
    case "reload": return { board, then: "reload" };
    case "stale": return { board: { ...board, staleSince: message.since ?? null }, then: "" };
    default: return { board, then: "" };
  }
}

function frame(board, { from, to, calls, gone }, now) {
  if (board.revision === null || from > board.revision) return { board, then: "sync" };
  if (to <= board.revision) return { board, then: "" };
  const held = new Map(board.calls), ended = new Map(board.ended);
  for (const lean of calls) {
    const known = held.get(lean.id);
    if (known && lean.revision < known.revision) continue;
    const call = whole(lean);
    if (call.ended_at) {
      held.delete(call.id);
      // Its row fades: a last look at how it ended, no part of the board.
      const { at = now, was = known?.status } = ended.get(call.id) ?? {};
      if (known || ended.has(call.id)) ended.set(call.id, { call, at, was });
    } else {
      held.set(call.id, call);
      ended.delete(call.id);
    }
  }
  for (const id of gone) {
    held.delete(id);
    ended.delete(id); // what we may not see any more we do not show fading either
  }
  return { board: { ...board, revision: to, calls: held, ended, staleSince: undefined, ahead: false }, then: "" };
}

/** Where the server's board stands for us. Ahead of ours for one whole heartbeat: a frame was lost. */
function head(board, { revision, floor = null }) {
  const ahead = board.revision === null || revision > board.revision;
  const fresh = { ...board, staleSince: undefined, ahead, floor };
  return { board: fresh, then: ahead && board.ahead ? "sync" : "" };
}

/** Without the rows that have faded, but for those that `held(id)` keeps in place. */
export function sweep(board, now, held = () => false, keep = 5000) {
  const ended = new Map([...board.ended].filter(([id, row]) => now - row.at < keep || held(id)));
  return ended.size === board.ended.size ? board : { ...board, ended };
}

/** Nothing of anybody: after sign-out, or when the session is over. */
export function wiped() {
  return { ...NOTHING, calls: new Map(), ended: new Map() };
}
