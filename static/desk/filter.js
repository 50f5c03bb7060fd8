// The menu over the list: which states are shown, and what calls are put together by.

import { FILTERS, PLAIN } from "./asked.js";
import { byId, el, set, text } from "./dom.js";
import { filterOf } from "./order.js";
import { some, t } from "./say.js";

const GROUP_WORDS = { limits: t`By limit`, queue: t`By queue`, agent: t`By agent`, "": t`Not grouped` };

/** On the button: what is filtered and grouped, in words. */
export function buttonWords({ states, group }) {
  const filter = states.length > 1 ? some(states.length, "{0} state", "{0} states") : states.map((key) => FILTERS[key]).join("");
  return [filter, group !== PLAIN.group && GROUP_WORDS[group]].filter(Boolean).join(", ") || t`Filter`;
}

/** `asks(change)` when something else is wanted. */
export class Filter {
  constructor(asks) {
    this.place = byId("filter");
    this.boxes = Object.entries(FILTERS).map(([key, word]) => choice("checkbox", "state", key, word));
    this.groups = Object.entries(GROUP_WORDS).map(([key, word]) => choice("radio", "group", key, word));
    byId("filter-states").append(...this.boxes.map((box) => box.label));
    byId("filter-groups").append(...this.groups.map((box) => box.label));
    byId("filter-states").addEventListener("change", () => asks({ states: this.boxes.filter(({ input }) => input.checked).map(({ input }) => input.value) }));
    byId("filter-groups").addEventListener("change", (event) => asks({ group: event.target.value }));
    this.place.addEventListener("keydown", (event) => event.key === "Escape" && this.place.open && this.close(event));
    document.addEventListener("pointerdown", (event) => { if (!this.place.contains(event.target)) this.place.open = false; });
  }

  close(event) {
    event.stopPropagation(); // the drawer stays open
    this.place.open = false;
    this.place.firstElementChild.focus();
  }

  draw(asked, calls) {
    text(byId("filter-word"), buttonWords(asked));
    set(this.place, "class", asked.states.length || asked.group !== PLAIN.group ? "filter is-set" : "filter");
    for (const { input } of this.boxes) input.checked = asked.states.includes(input.value);
    for (const { input } of this.groups) input.checked = asked.group === input.value;
    if (!this.place.open) return;
    const counts = new Map();
    for (const call of calls) counts.set(filterOf(call), (counts.get(filterOf(call)) ?? 0) + 1);
    for (const { input, count } of this.boxes) text(count, String(counts.get(input.value) ?? 0));
  }
}

function choice(type, name, value, word) {
  const input = el("input", { type, name, value }), count = el("b");
  return { input, count, label: el("label", {}, input, el("span", {}, word), type === "checkbox" && count) };
}
