// The open call: who, what state, since when, its legs over time, the wishes on it, and the raw facts to copy.

import { byId, copyable, el, icon, set, text } from "./dom.js";
import { ledger } from "./ledger.js";
import { timeline } from "./timeline.js";
import { Verbs, asking } from "./verbs.js";
import { ask } from "./wish.js";
import { callerOf, isOutbound, lasting, legLook, legWord, letterOf, partyOf, roleOf, stateOf, timeOfDay } from "./words.js";

const AGAIN = 700; // ms between two looks at one call at most
const FACTS = ["caller", "way", "state", "sub", "clock", "line", "number", "team", "agent", "total", "count", "timeline", "legs", "actions", "heard", "id", "reports", "pending", "verified"];

const narrow = matchMedia("(max-width: 899px)");

export class Drawer {
  constructor({ now, press, pending, closed }) {
    Object.assign(this, { now, pending, closed, id: null, whole: null });
    this.place = byId("drawer");
    byId("drawer-close").addEventListener("click", () => this.close());
    this.verbs = new Verbs((verb, button) => this.call && press(verb, this.call, button));
    asking(byId("verify"), byId("d-verified"), () => this.id, (id) => ask(`/calls/${id}/verify/`, {}));
  }

  get open() { return this.id !== null; }
  /** All legs if they were fetched and are as new as the row; else the row's. */
  get call() { return this.whole?.id === this.id && this.whole.revision >= (this.row?.revision ?? 0) ? this.whole : this.row; }

  show(row) {
    if (this.id !== row.id) {
      this.whole = this.seen = null;
      this.reports = [];
      byId("d-verified").replaceChildren();
      byId("verify").disabled = false; // what is asked of another call does not hold this one up
    }
    this.id = row.id;
    this.row = row;
    set(document.documentElement, "data-drawer", "drawer");
    this.place.hidden = false;
    if (narrow.matches) byId("drawer-close").focus(); // it covers the list
    this.look();
  }

  close() {
    const focused = this.place.contains(document.activeElement);
    this.id = null;
    this.forget();
    this.place.hidden = true;
    set(document.documentElement, "data-drawer", null);
    this.closed(focused);
  }

  /** Nothing of the call is left on the page, seen or not. */
  forget() {
    this.row = this.whole = this.seen = null;
    this.reports = [];
    byId("verbs").hidden = true;
    for (const fact of FACTS) byId(`d-${fact}`).replaceChildren();
  }

  /** The call as the board has it now; null when it has left the board. One that ended keeps its last picture; any other
   * may be hidden from us now: nothing is shown of it before the server has answered anew. */
  update(row, you, stale) {
    if (!this.open) return;
    const lost = !row && this.row && !this.row.ended_at, others = this.you && this.you !== you;
    if (row) this.row = row;
    if (lost) this.forget();
    if (others) this.whole = null; // it may show numbers that are masked for us from now on
    this.you = you;
    this.stale = stale;
    if (lost || others || (row && this.whole && row.revision > this.whole.revision)) this.look();
    this.draw();
  }

  /** Fetch the whole call; soon again if it moved meanwhile. */
  async look() {
    if (this.looking) { this.lookAgain = true; return; }
    this.looking = true;
    const id = this.id;
    try {
      const answer = await fetch(`/calls/${id}/`, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.ok && !answer.redirected && id === this.id) {
        const { call, reports } = await answer.json();
        [this.whole, this.reports] = [call, reports];
        this.draw();
      } else if (answer.status === 404 && id === this.id) this.close();
    } catch { /* the row's own picture stays; the badge tells of the connection */ }
    setTimeout(() => {
      this.looking = false;
      if (this.lookAgain && this.open) { this.lookAgain = false; this.look(); }
    }, AGAIN);
  }

  draw() {
    const { call, you, stale } = this;
    if (!call) return;
    const state = stateOf(call);
    text(byId("d-caller"), callerOf(call));
    byId("d-way").replaceChildren(icon(isOutbound(call) ? "out" : "in"), isOutbound(call) ? "Outbound" : "Inbound");
    set(byId("d-now"), "class", `now s-${state.look}`);
    byId("d-state").replaceChildren(icon(state.icon), state.word);
    text(byId("d-sub"), call.ended_at ? endedBy(call) : call.since ? `since ${timeOfDay(call.since)}` : "");
    text(byId("d-line"), call.line || "none of ours");
    text(byId("d-number"), call.line_number);
    text(byId("d-team"), call.team_name || "none");
    text(byId("d-agent"), call.agent || "nobody yet");
    set(byId("d-page"), "href", `/calls/${call.id}/`);
    const pending = this.pending(this.id);
    this.verbs.draw(call, you, stale, this.now(), pending);
    // On the row, where it is seen; here if the row is covered or not in the list.
    const here = pending && (narrow.matches || !document.querySelector(`[data-call="${this.id}"]`));
    byId("d-pending").replaceChildren(...(here ? [pending] : []));
    byId("d-ledger").hidden = !call.actions.length;
    if (this.seen !== call) {
      byId("d-actions").replaceChildren(ledger(call.actions));
      byId("d-legs").replaceChildren(...call.legs.map(legFacts));
      text(byId("d-count"), `${call.legs.length} ${call.legs.length === 1 ? "leg" : "legs"}${call.more_legs ? `, ${call.more_legs} earlier` : ""}`);
      byId("d-id").replaceChildren(named("Call", call.id));
      byId("d-reports").replaceChildren(...(this.reports ?? []).map(reportLine));
      text(byId("d-heard"), call.heard_at ? `Last report ${timeOfDay(call.heard_at)}` : "");
      this.seen = call;
    }
    this.tick();
  }

  tick() {
    const { call } = this;
    if (!call) return;
    const now = this.now();
    text(byId("d-clock"), call.ended_at ? lasting(call.started_at, call.ended_at, now) : lasting(call.since, null, now));
    text(byId("d-total"), lasting(call.started_at, call.ended_at, now));
    byId("d-timeline").replaceChildren(timeline(call, now));
  }
}

function endedBy(call) {
  const who = { caller: "the caller hung up", agent: "the agent hung up", supervisor: "ended by a supervisor", external: "the other party hung up" }[call.ended_by];
  return `${timeOfDay(call.ended_at)}${who ? `, ${who}` : ""}`;
}

function legFacts(leg) {
  return el("li", { class: leg.ended_at ? "is-over" : "" }, el("span", { class: `leg ${legLook(leg)}` }, letterOf(leg)),
    el("div", {}, el("b", {}, partyOf(leg)), el("span", {}, [roleOf(leg), leg.name && leg.number].filter(Boolean).join(" · "))),
    el("span", { class: "word" }, legWord(leg), leg.sip_code && leg.sip_code !== 200 && ` (${leg.sip_code})`), named("", leg.sid));
}

function named(label, sid) {
  return el("span", { class: "sid" }, label && el("span", {}, `${label} `), el("code", {}, sid), copyable(sid));
}

function reportLine(report) {
  return el("li", {}, el("time", {}, timeOfDay(report.at)), el("b", {}, report.says || report.door),
    el("span", {}, `${report.door}${report.deliveries > 1 ? ` ×${report.deliveries}` : ""}${report.verdict !== "heard" ? `, ${report.verdict}` : ""}`));
}
