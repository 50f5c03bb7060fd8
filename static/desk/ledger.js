// The wishes on a call: allowed, sent, accepted, effect seen; the last one reached carries its milliseconds.

import { el, icon } from "./dom.js";
import { OPEN, stepsOf, timeOfDay, verbOf } from "./words.js";

export function ledger(actions) {
  return el("ol", { class: "ledger" }, ...actions.map(entry));
}

function entry(action) {
  const { names, reached, ms } = stepsOf(action);
  const head = [el("time", {}, timeOfDay(action.requested_at)), el("div", {}, el("b", {}, verbOf(action)), el("span", {}, action.by))];
  if (OPEN.has(action.state) && action.state !== "unknown") {
    const steps = names.map((name, place) => el("li", { class: place + 1 < reached ? "done" : place + 1 === reached ? "at" : "" },
      name, place + 1 === reached && ms !== null && el("em", {}, ` ${ms} ms`)));
    return el("li", { class: "open", "data-state": action.state }, ...head, el("ol", { class: "steps" }, ...steps));
  }
  const seen = action.state === "confirmed";
  const words = seen ? `effect seen after ${ms} ms` : action.message || action.state;
  return el("li", { "data-state": action.state }, ...head, el("p", { class: seen ? "seen" : "refused" }, icon(seen ? "check" : "close"), words));
}
