// What the list was asked for, as it stands in the address: a pasted link shows the same. Pure.

import { GROUPS, SORTS, VIEWS } from "./order.js";
import { t } from "./say.js";
import { STATES } from "./words.js";

export const PLAIN = Object.freeze({ view: "all", states: Object.freeze([]), text: "", team: null, sort: "since", down: false, group: "limits" });
const FLAT = "none"; // in the address, of a list that is not put together

/** What a row can be filtered by: the states that a live call can have, and that nobody knows which it has. */
export const FILTERS = { ...Object.fromEntries(Object.entries(STATES).filter(([key]) => key !== "ended").map(([key, { word }]) => [key, word])), unverified: t`Unverified` };

/** From `location.search`. What is not known means as if it were not there. */
export function read(search) {
  const said = new URLSearchParams(search), one = (name, known) => (Object.hasOwn(known, said.get(name)) ? said.get(name) : PLAIN[name]);
  return {
    view: one("view", VIEWS),
    states: Object.keys(FILTERS).filter((key) => (said.get("states") ?? "").split(",").includes(key)),
    text: (said.get("find") ?? "").trim(), team: said.get("team"),
    sort: one("sort", SORTS), down: Object.hasOwn(SORTS, said.get("sort")) ? said.get("down") !== "0" : PLAIN.down, group: said.get("group") === FLAT ? "" : one("group", GROUPS),
  };
}

/** Without what is usual: "" for the plain list. The same wish is always the same text. */
export function write(asked) {
  const said = new URLSearchParams();
  if (asked.view !== PLAIN.view) said.set("view", asked.view);
  if (asked.states.length) said.set("states", Object.keys(FILTERS).filter((key) => asked.states.includes(key)).join(","));
  if (asked.text) said.set("find", asked.text);
  if (asked.team !== null) said.set("team", asked.team);
  if (asked.sort !== PLAIN.sort || asked.down !== PLAIN.down) { said.set("sort", asked.sort); said.set("down", asked.down ? "1" : "0"); }
  if (asked.group !== PLAIN.group) said.set("group", asked.group || FLAT);
  return said.toString();
}
