// Draws the live list: one element a call, found by its id, changed in place. Which rows and in what order is order.js's.

import { el, hiddenText, icon, set, text, visible } from "./dom.js";
import { actionWord, iconOf, isBad, titleOf, toldOf, verbOf } from "./deeds.js";
import { NONE, strainOf } from "./limits.js";
import { heirOf, isHead, nearEnd, windowOf } from "./order.js";
import { said, some, t } from "./say.js";
import { countedFrom, sentenceOf } from "./sentence.js";
import { ageOf, callerOf, clock, isOutbound, lasting, legLook, legWord, letterOf, partyOf, roleOf, stateOf, waitsSince } from "./words.js";

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
    this.way.replaceChildren(icon(isOutbound(call) ? "out" : "in"), hiddenText(isOutbound(call) ? t`Outbound` : t`Inbound`));
    text(this.line, call.line || call.team_name || "");
    text(this.agent, call.agent);
    set(this.line, "title", this.line.textContent || null); // both may be longer than their column
    set(this.agent, "title", this.agent.textContent || null);
    this.legs.replaceChildren(...call.legs.filter((leg) => !leg.ended_at || call.ended_at).slice(0, 5).map(legLetter));
    this.age = call.unverified_since && !call.ended_at ? el("span") : null;
    this.wait = waitsSince(call) ? el("span", { class: "tag waits t", title: t`In the queue, whoever is rung meanwhile` }) : null;
    const unverified = this.age && el("span", { class: "tag hatch", title: t`Since the last report` }, icon("unverified"), this.age);
    this.signs.replaceChildren(...[(this.limit = el("span", { class: "tag limit", hidden: true })), this.wait, unverified, ...signs(call, pending, wish)].filter(Boolean));
    Object.assign(this, { seen: call, pending, wish, strain: "", said: "" });
  }

  /** For too long, or nearly: at the edge, at the timer, and in words. Of what is unverified its age says it. */
  mark(strain) {
    const told = strain ? `${strain.look} ${strain.words}` : "";
    if (this.strain === told) return;
    this.strain = told;
    for (const look of ["attention", "breach"]) this.element.classList.toggle(`is-${look}`, strain?.look === look);
    this.limit.hidden = !strain || Boolean(this.age);
    this.limit.replaceChildren(...(strain ? [icon(strain.look), strain.words] : []));
  }

  tick(now, limits) {
    const { since, started_at, ended_at } = this.seen;
    text(this.time, ended_at ? clock(Date.parse(ended_at) - Date.parse(started_at ?? ended_at)) : lasting(since, null, now));
    text(this.total, lasting(started_at, ended_at, now));
    if (this.wait) text(this.wait, t`waits ${lasting(this.seen.waits_since, null, now)}`);
    if (this.age) text(this.age, t`unverified ${ageOf(now - Date.parse(this.seen.unverified_since))}`);
    const strain = strainOf(this.seen, limits, now);
    this.mark(strain);
    this.say(strain, now);
  }

  /** As a sentence, for who hears the list: anew when the call changes, and once a minute. */
  say(strain, now) {
    const since = countedFrom(this.seen), told = `${since && Math.floor((now - Date.parse(since)) / 60000)} ${strain?.look}`;
    if (this.said === told) return;
    this.said = told;
    set(this.element, "aria-label", visible(sentenceOf(this.seen, strain, now)));
  }
}

/** Over the calls of one group: its name, how many they are, and how long the first of those who wait does. */
class Head {
  constructor(id) {
    this.name = el("b"); this.told = el("span", { class: "t" });
    this.element = el("div", { role: "row", class: "row group", "data-head": id }, el("span", { role: "rowheader", "aria-colspan": 9 }, this.name, this.told));
  }

  draw(head) {
    this.seen = head;
    set(this.element, "class", `row group ${head.look && `is-${head.look}`}`.trim());
  }

  tick(now) {
    const { name, calls, waiting, since } = this.seen, longest = since && t`the longest ${lasting(since, null, now)}`;
    text(this.name, name);
    text(this.told, [some(calls, "{0} call", "{0} calls"), waiting && some(waiting, "{0} waiting", "{0} waiting"), longest].filter(Boolean).join(", "));
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
  if (call.legs.some((leg) => leg.unverified)) found.push(el("span", { class: "tag hatch" }, icon("unverified"), t`leg unverified`));
  found.push(...call.tags.slice(0, 2).map((tag) => el("span", { class: "word", title: call.tags.join(", ") }, tag)));
  return found;
}

export function chip(action) {
  const bad = isBad(action), seen = action.state === "confirmed";
  const words = action.state === "abandoned" ? t`Needs a human` : `${verbOf(action)}: ${actionWord(action)}`;
  const told = `${titleOf(action)}, ${action.by}: ${said(action.message) || actionWord(action)}`;
  return el("span", { class: `chip ${bad ? "is-bad" : seen ? "is-seen" : ""}`, title: told, "data-state": action.state },
    icon(bad ? "attention" : seen ? "check" : iconOf(action)), el("span", {}, words));
}

/** In place, and where browsers can: without losing the focus on the way. */
function put(place, element, before) {
  if (element.parentNode === place && place.moveBefore) place.moveBefore(element, before);
  else place.insertBefore(element, before);
}

/** The list: every call, or of very many those around what is seen. `picked(id)` when a row is opened; `passed(id, next)` when the keyboard's row is gone. */
export class Rows {
  constructor(place, picked, passed) {
    Object.assign(this, { place, passed, rows: new Map(), ids: [], limits: NONE, from: 0, to: 0, selected: null, current: null });
    document.addEventListener("scroll", () => this.scrolled(), { capture: true, passive: true });
    place.addEventListener("click", (event) => {
      const id = event.target.closest("[data-call]")?.dataset.call;
      if (id && !event.target.closest("button")) { this.move(id, false); picked(id); }
    });
    place.addEventListener("focusin", (event) => this.move(event.target.closest("[data-call]")?.dataset.call ?? this.current, false));
  }

  /** Show these ids in this order; `callOf(id)` gives the body (of a group's head what headsOf says), `pendingOf(id)` an element of a wish not yet sent. */
  draw(ids, callOf, pendingOf, now) {
    const focused = this.place.contains(document.activeElement) ? document.activeElement.closest("[data-call]")?.dataset.call : null;
    const held = focused && document.activeElement, there = new Set(ids), next = focused && !there.has(focused) ? heirOf(this.ids, there, focused) : null;
    Object.assign(this, { ids, callOf, pendingOf, now });
    this.frame();
    const part = ids.slice(this.from, this.to), keep = new Set(part), partly = part.length < ids.length;
    for (const [id, row] of this.rows) {
      if (!keep.has(id)) { row.element.remove(); this.rows.delete(id); }
    }
    let before = null;
    part.forEach((id, place) => {
      let row = this.rows.get(id);
      if (!row) this.rows.set(id, row = new (isHead(id) ? Head : Row)(id));
      row.draw(callOf(id), pendingOf(id), now);
      row.tick(now, this.limits);
      set(row.element, "aria-selected", id === this.selected ? "true" : null);
      set(row.element, "aria-rowindex", partly ? this.from + place + 2 : null); // the head is the first
      const after = before ? before.nextSibling : this.place.firstChild;
      if (after !== row.element) put(this.place, row.element, after);
      before = row.element;
    });
    set(this.place.parentElement, "aria-rowcount", partly ? ids.length + 1 : null);
    if (!there.has(this.current)) this.current = next ?? ids.find((id) => !isHead(id)) ?? null;
    const tabbed = keep.has(this.current) ? this.current : part.find((id) => !isHead(id));
    for (const [id, row] of this.rows) if (!isHead(id)) set(row.element, "tabindex", id === tabbed ? 0 : -1);
    this.keep(focused, held, there);
  }

  /** The keyboard stays with its call wherever that moves; if it is gone, it goes on to the next. */
  keep(focused, held, there) {
    if (!focused || document.activeElement === held) return;
    const row = this.rows.get(there.has(focused) ? focused : this.current)?.element;
    (held.isConnected ? held : row)?.focus({ preventScroll: there.has(focused) });
    if (!there.has(focused)) this.passed(focused, row ? this.current : null);
  }

  /** Which part of the list is in the document; the rest is empty room above and below. */
  frame() {
    const [, first] = [...this.rows].find(([id]) => !isHead(id)) ?? []; // heads may be lower, and are few
    const high = (this.high = (this.ids.length && first?.element.offsetHeight) || this.high || 34);
    [this.from, this.to] = windowOf(this.ids.length, -this.place.getBoundingClientRect().top / high, innerHeight / high);
    this.place.style.paddingTop = `${this.from * high}px`;
    this.place.style.paddingBottom = `${(this.ids.length - this.to) * high}px`;
  }

  scrolled() {
    const { ids, from, to, high } = this;
    if (to - from === ids.length) return;
    const top = -this.place.getBoundingClientRect().top / high;
    if (nearEnd(ids.length, [from, to], top, innerHeight / high)) this.draw(ids, this.callOf, this.pendingOf, this.now);
  }

  select(id) {
    this.selected = id;
    for (const [each, row] of this.rows) set(row.element, "aria-selected", each === id ? "true" : null);
  }

  /** The row that the keyboard is on; `step` +1 or -1. Returns its id. */
  step(step) {
    const ids = this.ids.filter((id) => !isHead(id)), place = ids.indexOf(this.current) + step;
    const id = ids[Math.min(Math.max(place, 0), ids.length - 1)];
    if (id) this.goTo(id);
    return id ?? null;
  }

  /** The keyboard goes to this row; false if the list has none of that id. */
  goTo(id) {
    const place = this.ids.indexOf(id);
    if (place < 0) return false;
    if (!this.rows.has(id)) this.reach(place);
    this.move(id, true);
    return true;
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
