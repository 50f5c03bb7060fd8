// Transfer, redirect, and whoever else is brought to a call: one list of places to choose from by typing, and who is moved there.

import { groups, same, spaced, stepTo } from "./choose.js";
import { verbOf } from "./deeds.js";
import { el, icon, set, text } from "./dom.js";
import { legChoices } from "./effects.js";
import { Pop } from "./pop.js";
import { some, t } from "./say.js";

const ICONS = { me: "person", agent: "person", address: "line", number: "line", line: "in", flow: "redirect" };

class Places extends Pop {
  body() {
    const id = this.verb;
    this.count = el("span", { class: "meta t" });
    this.find = el("input", {
      type: "text", "data-first": true, role: "combobox", "aria-label": this.what, "aria-expanded": "true", "aria-controls": `${id}-list`, "aria-autocomplete": "list",
      autocomplete: "off", spellcheck: "false", placeholder: this.placeholder, oninput: () => this.typed(), onkeydown: (event) => this.key(event),
    });
    this.list = el("div", { class: "targets", id: `${id}-list`, role: "listbox", "aria-label": t`Destinations`, tabindex: -1, onclick: (event) => this.click(event) });
    this.none = el("p", { class: "none", role: "status", hidden: true }, t`Nobody and nothing answers to that.`);
    this.legs = el("fieldset", { class: "whom" });
    return [el("div", { class: "field" }, icon("search"), this.find, this.count), this.list, this.none, this.legs, ...this.more()];
  }

  more() { return []; }
  /** Is anybody moved, or does somebody come? */
  get moves() { return true; }

  fill(draft) {
    const legs = this.moves ? this.choices.legs ?? [] : [];
    this.find.value = draft.typed ?? "";
    this.chosen = draft.chosen ?? null;
    const may = legs.filter((leg) => leg.may), kept = may.find((leg) => leg.sid === draft.leg);
    this.leg = (kept ?? may.find((leg) => leg.role === "caller") ?? may[0])?.sid ?? "";
    // One who may be moved is no choice; why the others may not be is worth a line.
    this.legs.hidden = legs.length < 2;
    this.legs.replaceChildren(el("legend", {}, t`Who is moved`), ...legChoices(`${this.verb}-leg`, legs, this.leg, (sid) => { this.leg = sid; this.keep(); }));
    this.arrange();
  }

  clear() {
    this.find.value = "";
    this.chosen = this.choices = null;
    this.list.replaceChildren();
    this.legs.replaceChildren();
  }

  draft() { return { typed: this.find.value, chosen: this.chosen, leg: this.leg }; }

  fields() {
    if (!this.chosen || !this.choices) return null;
    const where = this.chosen.to ? { to: this.chosen.to } : { destination: this.chosen.id };
    return { ...where, ...(this.leg ? { leg: this.leg } : {}) };
  }

  // The list ----------------------------------------------------------------------------------------------------------

  typed() {
    this.arrange();
    const first = this.entries.find((one) => !one.off) ?? null;
    if (!this.find.value.trim()) this.choose(null);
    else if (!this.entries.some((one) => same(one, this.chosen))) this.choose(first);
  }

  arrange() {
    const found = groups(this.choices, this.find.value.trim());
    this.entries = found.flatMap((group) => group.entries);
    this.list.replaceChildren(...found.map(({ cap, entries }) =>
      el("div", { role: "group", "aria-label": cap }, el("div", { class: "cap", "aria-hidden": "true" }, cap), ...entries.map((one) => this.option(one)))));
    const all = this.choices.destinations?.length ?? 0, fit = this.entries.filter((one) => one.kind !== "number").length;
    text(this.count, this.find.value.trim() ? some(fit, "{0} of {1}", "{0} of {1}", all) : `${all}`);
    this.none.hidden = this.entries.length > 0;
    this.list.hidden = !this.entries.length;
    this.mark();
  }

  option(one) {
    const place = this.entries.indexOf(one);
    return el("div", { role: "option", id: `${this.verb}-${place}`, "data-place": place, "aria-disabled": one.off ? "true" : null, "data-free": one.kind === "agent" ? (one.free ? "yes" : "no") : null },
      icon(ICONS[one.kind] ?? "line"), el("b", {}, one.name), el("span", {}, one.where ?? ""), one.word && el("em", {}, one.word));
  }

  choose(one) {
    this.chosen = one;
    this.mark();
    this.keep();
  }

  mark() {
    const place = this.entries.findIndex((one) => same(one, this.chosen));
    for (const option of this.list.querySelectorAll("[role=option]")) set(option, "aria-selected", String(Number(option.dataset.place) === place));
    set(this.find, "aria-activedescendant", place < 0 ? null : `${this.verb}-${place}`);
    if (place >= 0) this.list.querySelector("[aria-selected=true]").scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = stepTo(this.entries, this.chosen, step);
    if (next) this.choose(next);
  }

  click(event) {
    const option = event.target.closest("[role=option]");
    const one = option && this.entries[Number(option.dataset.place)];
    if (!one || one.off) return;
    this.choose(one);
    this.find.focus();
  }
}

export class Transfer extends Places {
  constructor(hooks) { super({ ...hooks, verb: "transfer", what: t`To whom`, placeholder: t`A name, a team, or a number` }); }

  titleOf(caller) { return t`Transfer ${caller}`; }

  /** Blind, or whoever it goes to is asked first while the caller waits. */
  body() {
    const way = (mode, words) => el("button", { type: "button", "aria-pressed": "false", onclick: () => this.turn(mode, true) }, words);
    this.ways = { blind: way("blind", t`At once`), warm: way("warm", t`Ask them first`) };
    this.how = el("div", { class: "seg full", role: "group", "aria-label": t`How` }, this.ways.blind, this.ways.warm);
    return [this.how, ...super.body()];
  }

  fill(draft) {
    super.fill(draft);
    this.how.hidden = !this.known.includes("complete");
    this.turn(draft.mode ?? "blind", false);
  }

  turn(mode, chosen) {
    this.mode = mode;
    for (const [name, way] of Object.entries(this.ways)) set(way, "aria-pressed", String(name === mode));
    this.legs.hidden = mode === "warm" || this.choices.legs.length < 2;
    if (chosen) { this.find.focus(); this.keep(); }
  }

  draft() { return { ...super.draft(), mode: this.mode }; }

  fields() {
    const fields = super.fields();
    if (fields && this.mode === "warm") delete fields.leg; // it is the caller who waits
    return fields && { ...fields, mode: this.mode };
  }

  words() {
    const { name, kind, to } = this.chosen ?? {}, whom = kind === "agent" ? name.split(" ")[0] : kind === "number" ? spaced(to) : name;
    const send = !whom ? verbOf(this) : this.mode === "warm" ? t`Ask ${whom}` : t`Transfer to ${whom}`;
    return { hint: t`Choose to whom: what happens to each leg is shown here first.`, send };
  }
}

const BRINGS = {
  add: { title: (caller) => t`Add somebody to the call of ${caller}`, send: (whom) => t`Add ${whom}` },
  pull: { title: (caller) => t`Pull out of the queue: ${caller}`, send: (whom, me) => (me ? t`Pull to myself` : t`Pull to ${whom}`) },
  take_over: { title: (caller) => t`Take over the call of ${caller}`, send: (whom, me) => (me ? t`Take it over` : t`Give it to ${whom}`) },
};

/** Somebody comes to the call: who is added, who takes it over, who gets a waiting caller. The last two may be oneself. */
export class Bring extends Places {
  constructor(hooks) { super({ ...hooks, what: t`Who`, placeholder: t`A name, or a team` }); }

  get moves() { return false; }
  titleOf(caller) { return BRINGS[this.verb].title(caller); }

  fill(draft) {
    const { destinations = [], phone = "" } = this.choices, me = { id: "", kind: "me", name: t`Myself`, where: phone, state: "", free: true, why: "" };
    if (this.verb !== "add" && !destinations.some((one) => one.id === "")) this.choices = { ...this.choices, destinations: [me, ...destinations] };
    super.fill(draft);
  }

  words() {
    const { name, kind } = this.chosen ?? {}, whom = kind === "agent" ? name.split(" ")[0] : name;
    return { hint: t`Choose who: what happens to each leg is shown here first.`, send: whom ? BRINGS[this.verb].send(whom, kind === "me") : verbOf(this) };
  }
}

export class Redirect extends Places {
  constructor(hooks) { super({ ...hooks, verb: "redirect", what: t`Where to`, placeholder: t`A line, or another application` }); }

  titleOf(caller) { return t`Send ${caller} elsewhere`; }
  more() { return [this.raw = el("p", { class: "raw" })]; }

  fill(draft) {
    super.fill(draft);
    this.raw.hidden = !this.choices.raw;
    this.raw.replaceChildren(el("a", { class: "link", href: `/calls/${this.call.id}/redirect/` }, t`With TwiML of your own …`));
  }

  words() {
    return { hint: t`Choose where to: what happens to each leg is shown here first.`, send: this.chosen ? t`Send to ${this.chosen.name}` : t`Send` };
  }
}
