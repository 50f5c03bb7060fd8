// The wishes on a call: recorded, sent, accepted, effect seen, each with its milliseconds; the last one reached is ringed.

import { begunWord, isBad, outcomeOf, stepsOf, titleOf } from "./deeds.js";
import { el, icon } from "./dom.js";
import { OPEN, timeOfDay } from "./words.js";

export function ledger(actions) {
  return el("ol", { class: "ledger" }, ...actions.map(entry));
}

function entry(action) {
  const head = [el("time", {}, timeOfDay(action.requested_at)), el("div", {}, el("b", {}, titleOf(action)), el("span", {}, action.by))];
  if (OPEN.has(action.state) && action.state !== "unknown") return el("li", { class: "open", "data-state": action.state }, ...head, steps(action));
  const seen = action.state === "confirmed", told = el("p", { class: seen ? "seen" : "refused" }, icon(seen ? "check" : isBad(action) ? "attention" : "close"), outcomeOf(action));
  return el("li", { class: action.state === "abandoned" ? "needs-human" : "", "data-state": action.state }, ...head, told);
}

function steps(action) {
  const { reached, steps } = stepsOf(action), begun = begunWord(action);
  const shown = steps.map(({ name, ms }, place) => el("li", { class: place + 1 < reached ? "done" : place + 1 === reached ? "at" : "" },
    el("span", {}, name, ms !== null && el("em", {}, ` ${ms} ms`))));
  return el("div", { class: "way" }, el("ol", { class: "steps" }, ...shown), begun && el("p", { class: "begun" }, begun));
}
