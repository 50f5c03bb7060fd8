// Ctrl-K: type what you want, of all that can be wanted here: what to do with the open call, to whom to transfer it, calls, queues, pages.

import { byId, el, icon, set, text } from "./dom.js";
import { along, offered } from "./offers.js";
import { t } from "./say.js";

export class Palette {
  /** `sources()`: what there is, for offers.js, each entry with `run()`; `more(told)`: asks the server for more of it, then tells so;
   * `missing(typed)`: why what was typed is not there, if there is more to say than that. */
  constructor({ sources, more, missing }) {
    Object.assign(this, { sources, more, missing, entries: [], place: 0 });
    this.dialog = byId("palette");
    this.find = byId("palette-find");
    this.list = byId("palette-list");
    this.find.addEventListener("input", () => { this.place = 0; this.draw(); });
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close()); // beside it
    this.dialog.addEventListener("close", () => this.clear());
    this.list.addEventListener("pointermove", (event) => this.at(event) >= 0 && this.mark(this.at(event)));
    this.list.addEventListener("click", (event) => { if (this.at(event) >= 0) { this.mark(this.at(event)); this.go(); } });
  }

  /** Told late: it may be open again. */
  clear() {
    if (this.dialog.open) return;
    this.list.replaceChildren();
    this.entries = [];
  }

  at(event) { return [...this.list.querySelectorAll("[role=option]")].indexOf(event.target.closest("[role=option]")); }

  open() {
    this.find.value = "";
    this.place = 0;
    this.dialog.showModal();
    this.draw();
    this.more(() => this.dialog.open && this.draw());
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.mark(along(this.entries.length, this.place, step));
    else if (event.key === "Enter") this.go();
    else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) this.dialog.close();
    else return;
    event.preventDefault();
  }

  draw() {
    const groups = offered(this.sources(), this.find.value), chosen = this.entries[this.place]?.id;
    this.entries = groups.flatMap(({ entries }) => entries);
    let number = 0;
    this.list.replaceChildren(...groups.map(({ cap, entries, more }) => el("div", { role: "group", "aria-label": cap }, el("p", { class: "cap", "aria-hidden": "true" }, more > 0 ? t`${cap}, and ${more} more` : cap),
      ...entries.map((entry) => optionOf(entry, `palette-${number++}`)))));
    byId("palette-none").hidden = this.entries.length > 0;
    text(byId("palette-none"), this.missing(this.find.value) || t`Nothing answers to that.`);
    const again = this.entries.findIndex(({ id }) => id === chosen);
    this.mark(this.place && again >= 0 ? again : 0);
  }

  mark(place) {
    this.place = place;
    const options = this.list.querySelectorAll("[role=option]");
    options.forEach((option, each) => set(option, "aria-selected", String(each === place)));
    set(this.find, "aria-activedescendant", options[place]?.id ?? null);
    options[place]?.scrollIntoView({ block: "nearest" });
    text(byId("palette-why"), "");
  }

  go() {
    const entry = this.entries[this.place];
    if (!entry) return;
    if (entry.off) return text(byId("palette-why"), entry.off);
    this.dialog.close();
    entry.run();
  }
}

function optionOf({ name, where, off, icon: glyph, caps = [] }, id) {
  return el("div", { role: "option", id, "aria-disabled": off ? "true" : null }, icon(glyph), el("b", {}, name), el("span", {}, off || where || ""), el("em", {}, ...caps.map((cap) => el("kbd", {}, cap))));
}
