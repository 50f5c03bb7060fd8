// Draws the live list: one element a call, found by its id, changed in place. Which rows and in what order is order.js's.

import { el, hiddenText, icon, set, text } from "./dom.js";
import { actionWord, iconOf, isBad, titleOf, toldOf, verbOf } from "./deeds.js";
import { windowOf } from "./order.js";
import { ageOf, callerOf, clock, isOutbound, lasting, legLook, legWord, letterOf, partyOf, roleOf, stateOf } from "./words.js";

const cell = (name, ...children) => el("span", { role: "gridcell", class: name }, ...children);

/** One row and the places in it that change. `seen` is the body it was drawn from. */
class Row {
  constructor(id) {
    this.word = el("span"); this.glyph = el("span", { class: "glyph" });
    this.time = cell("c-time t"); this.total = cell("c-total t");
    this.caller = el("b"); this.way = el("span", { class: "glyph" });
    this.line = cell("c-line"); this.agent = cell("c-agent"); this.legs = cell("c-legs"); this.signs = cell("c-signs");
    this.element = el("div", { role: "row", class: "row", tabindex: -1, "data-call": id },
      cell("c-mark"), cell("c-state", this.glyph, this.word), this.time, this.total, cell("c-caller", this.way, this.caller),
      this.line, this.agent, this.legs, this.signs);
  }

  draw(call, pending, now) {
    const wish = toldOf(call, now), human = wish?.state === "abandoned";
    if (this.seen === call && this.pending === pending && this.wish === wish) return;
    const state = stateOf(call), fresh = this.seen && this.seen.status !== call.status;
    this.element.className = `row s-${state.look}${fresh ? " is-new" : ""}${human ? " needs-human" : ""}`;
    this.glyph.replaceChildren(icon(state.icon));
    text(this.word, state.word);
    text(this.caller, callerOf(call));
    this.way.replaceChildren(icon(isOutbound(call) ? "out" : "in"), hiddenText(isOutbound(call) ? "Outbound" : "Inbound"));
    text(this.line, call.line || call.team_name || "");
    text(this.agent, call.agent);
    set(this.line, "title", this.line.textContent || null); // both may be longer than their column
    set(this.agent, "title", this.agent.textContent || null);
    this.legs.replaceChildren(...call.legs.filter((leg) => !leg.ended_at || call.ended_at).slice(0, 5).map(legLetter));
    this.age = call.unverified_since && !call.ended_at ? el("span") : null;
    this.signs.replaceChildren(...signs(call, pending, wish), ...(this.age ? [el("span", { class: "tag hatch", title: "Since the last report" }, icon("unverified"), this.age)] : []));
    Object.assign(this, { seen: call, pending, wish });
  }

  tick(now) {
    const { since, started_at, ended_at } = this.seen;
    text(this.time, ended_at ? clock(Date.parse(ended_at) - Date.parse(started_at ?? ended_at)) : lasting(since, null, now));
    text(this.total, lasting(started_at, ended_at, now));
    if (this.age) text(this.age, `${ageOf(now - Date.parse(this.seen.heard_at ?? this.seen.unverified_since))} ago`);
  }
}

function legLetter(leg) {
  const words = `${roleOf(leg)} ${partyOf(leg)}, ${legWord(leg)}`;
  return el("i", { class: `leg ${legLook(leg)}`, title: words, role: "img", "aria-label": words }, letterOf(leg));
}

/** What is going on with the call beside itself: a wish that waits for its end, or how the last one failed. */
function signs(call, pending, wish) {
  const found = [];
  if (pending) found.push(pending);
  else if (wish) found.push(chip(wish));
  if (call.legs.some((leg) => leg.unverified)) found.push(el("span", { class: "tag hatch" }, icon("unverified"), "leg unverified"));
  return found;
}

export function chip(action) {
  const bad = isBad(action), seen = action.state === "confirmed";
  const words = action.state === "abandoned" ? "Needs a human" : `${verbOf(action)}: ${actionWord(action)}`;
  const told = `${titleOf(action)}, ${action.by}: ${action.message || actionWord(action)}`;
  return el("span", { class: `chip ${bad ? "is-bad" : seen ? "is-seen" : ""}`, title: told, "data-state": action.state },
    icon(bad ? "attention" : seen ? "check" : iconOf(action)), words);
}

/** The list: every call, or of very many those around what is seen. `picked(id)` when a row is opened. */
export class Rows {
  constructor(place, picked) {
    Object.assign(this, { place, rows: new Map(), ids: [], from: 0, to: 0, selected: null, current: null });
    document.addEventListener("scroll", () => this.scrolled(), { capture: true, passive: true });
    place.addEventListener("click", (event) => {
      const id = event.target.closest("[data-call]")?.dataset.call;
      if (id && !event.target.closest("button")) { this.move(id, false); picked(id); }
    });
    place.addEventListener("focusin", (event) => this.move(event.target.closest("[data-call]")?.dataset.call ?? this.current, false));
  }

  /** Show these ids in this order; `callOf(id)` gives the body, `pendingOf(id)` an element of a wish not yet sent. */
  draw(ids, callOf, pendingOf, now) {
    const focused = this.place.contains(document.activeElement) ? document.activeElement.closest("[data-call]")?.dataset.call : null;
    const there = new Set(ids), next = focused && !there.has(focused) ? this.ids[this.ids.indexOf(focused) + 1] : null;
    Object.assign(this, { ids, callOf, pendingOf, now });
    this.frame();
    const part = ids.slice(this.from, this.to), keep = new Set(part), some = part.length < ids.length;
    for (const [id, row] of this.rows) {
      if (!keep.has(id)) { row.element.remove(); this.rows.delete(id); }
    }
    let before = null;
    part.forEach((id, place) => {
      let row = this.rows.get(id);
      if (!row) this.rows.set(id, row = new Row(id));
      row.draw(callOf(id), pendingOf(id), now);
      row.tick(now);
      set(row.element, "aria-selected", id === this.selected ? "true" : null);
      set(row.element, "aria-rowindex", some ? this.from + place + 2 : null); // the head is the first
      const after = before ? before.nextSibling : this.place.firstChild;
      if (after !== row.element) this.place.insertBefore(row.element, after);
      before = row.element;
    });
    set(this.place.parentElement, "aria-rowcount", some ? ids.length + 1 : null);
    if (!there.has(this.current)) this.current = next && there.has(next) ? next : ids[0] ?? null;
    const tabbed = keep.has(this.current) ? this.current : part[0];
    for (const [id, row] of this.rows) set(row.element, "tabindex", id === tabbed ? 0 : -1);
    if (next) this.rows.get(this.current)?.element.focus();
  }

  /** Which part of the list is in the document; the rest is empty room above and below. */
  frame() {
    const first = this.rows.values().next().value;
    const high = (this.high = (this.ids.length && first?.element.offsetHeight) || this.high || 34);
    [this.from, this.to] = windowOf(this.ids.length, -this.place.getBoundingClientRect().top / high, innerHeight / high);
    this.place.style.paddingTop = `${this.from * high}px`;
    this.place.style.paddingBottom = `${(this.ids.length - this.to) * high}px`;
  }

  scrolled() {
    const { ids, from, to, high } = this;
    if (to - from === ids.length) return;
    const top = -this.place.getBoundingClientRect().top / high, seen = innerHeight / high;
    if (top < from && from > 0 || top + seen > to && to < ids.length) this.draw(ids, this.callOf, this.pendingOf, this.now);
  }

  select(id) {
    this.selected = id;
    for (const [each, row] of this.rows) set(row.element, "aria-selected", each === id ? "true" : null);
  }

  /** The row that the keyboard is on; `step` +1 or -1. Returns its id. */
  step(step) {
    const place = this.ids.indexOf(this.current) + step;
    const id = this.ids[Math.min(Math.max(place, 0), this.ids.length - 1)];
    if (id && !this.rows.has(id)) this.reach(this.ids.indexOf(id));
    if (id) this.move(id, true);
    return id ?? null;
  }

  /** Bring a row into the document that was too far away to be there. */
  reach(place) {
    const grid = this.place.parentElement, scroller = grid.scrollHeight > grid.clientHeight ? grid : document.scrollingElement;
    scroller.scrollTop += this.place.getBoundingClientRect().top + place * this.high - innerHeight / 2;
    this.draw(this.ids, this.callOf, this.pendingOf, this.now);
  }

  move(id, focus) {
    const row = this.rows.get(id);
    if (!row) return;
    const old = this.rows.get(this.current);
    if (old) set(old.element, "tabindex", -1);
    this.current = id;
    set(row.element, "tabindex", 0);
    if (focus) { row.element.focus(); row.element.scrollIntoView({ block: "nearest" }); }
  }
}
