// The open call: who, what state, since when, its legs over time, the wishes on it, and the raw facts to copy.

import { besides, supervising } from "./beside.js";
import { standsAs } from "./buttons.js";
import { Caller } from "./caller.js";
import { byId, copyable, el, icon, set, text } from "./dom.js";
import { ears } from "./ears.js";
import { consulting, hearing, sentences } from "./hearing.js";
import { ledger } from "./ledger.js";
import { Notes } from "./notes.js";
import { said, some, t } from "./say.js";
import { alarmWords, timeline } from "./timeline.js";
import { Verbs, asking } from "./verbs.js";
import { ask } from "./wish.js";
import { callerOf, isOutbound, lasting, legLook, legWord, letterOf, partyOf, roleOf, stateOf, timeOfDay, waitsSince } from "./words.js";

const AGAIN = 700; // ms between two looks at one call at most
const PASSING = 2000; // ms, while what can be wished changes without another picture
const FACTS = ["caller", "way", "state", "sub", "clock", "line", "number", "team", "agent", "total", "count", "timeline", "legs", "actions", "heard", "id", "reports", "pending", "verified", "marks", "ears", "intended", "consult", "beside", "claims"];

const ENDED_BY = { caller: t`the caller hung up`, agent: t`the agent hung up`, supervisor: t`ended by a supervisor`, external: t`the other party hung up` };

const narrow = matchMedia("(max-width: 899px)");

export class Drawer {
  constructor({ now, press, known, pending, closed, strain, failed }) {
    Object.assign(this, { now, pending, closed, strain, id: null, whole: null, can: null });
    this.place = byId("drawer");
    this.caller = new Caller({ told: () => this.draw(), failed });
    this.notes = new Notes({ you: () => this.you, failed });
    byId("drawer-close").addEventListener("click", () => this.close());
    this.verbs = new Verbs(known, (verb, button) => this.call && press(verb, this.call, button));
    asking(byId("verify"), byId("d-verified"), () => this.id, (id) => ask(`/calls/${id}/verify/`, {}));
  }

  get open() { return this.id !== null; }
  /** All legs if they were fetched and are as new as the row; else the row's. */
  get call() { return this.whole?.id === this.id && this.whole.revision >= (this.row?.revision ?? 0) ? this.whole : this.row; }

  show(row) {
    if (this.id !== row.id) {
      this.whole = this.seen = this.can = this.stood = null;
      this.reports = [];
      [this.more, this.about] = [{}, undefined];
      byId("d-verified").replaceChildren();
      byId("verify").disabled = false; // what is asked of another call does not hold this one up
    }
    this.id = row.id;
    this.row = row;
    this.caller.show(row.id);
    this.notes.show(row.id);
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
    this.row = this.whole = this.seen = this.can = this.stood = null;
    [this.reports, this.more] = [[], {}];
    this.caller.forget();
    this.notes.forget();
    byId("verbs").hidden = true;
    for (const fact of FACTS) byId(`d-${fact}`).replaceChildren();
  }

  /** The call as the board has it now; null when it has left the board. One that ended keeps its last picture; any other
   * may be hidden from us now: nothing is shown of it before the server has answered anew. */
  update(row, you, stale, alarms = []) {
    if (!this.open) return;
    const about = alarms.filter((alarm) => alarm.call === this.id || (row?.queue && alarm.where === row.queue)).map((alarm) => `${alarm.id}${alarm.severity}`).join();
    if (this.about !== about && this.about !== undefined) this.look(); // one was raised, or is over
    this.about = about;
    const lost = !row && this.row && !this.row.ended_at, others = this.you && this.you !== you;
    if (row) this.row = row;
    if (lost) this.forget();
    if (others) { this.whole = this.stood = null; this.caller.forget(); } // it may show numbers that are masked for us from now on
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
        const { call, reports, alarms, bots, notes, may_note } = await answer.json();
        [this.whole, this.reports, this.more] = [call, reports, { alarms, bots }];
        this.notes.draw(notes, call.tags, may_note);
        this.draw();
      } else if (answer.status === 404 && id === this.id) this.close();
    } catch { /* the row's own picture stays; the badge tells of the connection */ }
    setTimeout(() => {
      this.looking = false;
      if (this.lookAgain && this.open) { this.lookAgain = false; this.look(); }
    }, AGAIN);
  }

  /** What can be wished on the call as it is now: asked again when it is another picture. */
  async stands() {
    const { id, call } = this, as = standsAs(call);
    if (this.stood === as) return this.standing;
    this.stood = as;
    return (this.standing = ask(`/calls/${id}/verbs/`).then(({ ok, body }) => {
      if (id !== this.id || this.stood !== as) return;
      if (!ok) { this.stood = null; return; } // asked again with the next look
      this.can = body.verbs;
      this.draw();
      if (body.passing) setTimeout(() => { if (this.stood === as && this.open) { this.stood = null; this.draw(); } }, PASSING);
    }));
  }

  draw() {
    const { call, you, stale } = this;
    if (!call) return;
    if (!call.ended_at && !stale) this.stands();
    const state = stateOf(call);
    text(byId("d-caller"), this.caller.number || callerOf(call));
    byId("d-way").replaceChildren(icon(isOutbound(call) ? "out" : "in"), isOutbound(call) ? t`Outbound` : t`Inbound`);
        byId("d-state").replaceChildren(icon(state.icon), state.word);
    text(byId("d-line"), call.line || t`none of ours`);
    text(byId("d-number"), call.line_number);
    text(byId("d-team"), call.team_name || t`none`);
    text(byId("d-agent"), call.agent || (call.legs.some((leg) => leg.role === "agent" && leg.answered_at) ? t`nobody now` : t`nobody yet`));
    set(byId("d-page"), "href", `/calls/${call.id}/`);
    const pending = this.pending(this.id);
    this.verbs.draw(call, you, stale, this.now(), pending, this.can);
    // On the row, where it is seen; here if the row is covered or not in the list.
    const here = pending && (narrow.matches || !document.querySelector(`[data-call="${this.id}"]`));
    byId("d-pending").replaceChildren(...(here ? [pending] : []));
    byId("d-ledger").hidden = !call.actions.length;
    if (this.seen !== call) {
      byId("d-actions").replaceChildren(ledger(call.actions));
      byId("d-legs").replaceChildren(...call.legs.map(legFacts));
      text(byId("d-count"), `${some(call.legs.length, "{0} leg", "{0} legs")}${call.more_legs ? `, ${t`${call.more_legs} earlier`}` : ""}`);
      byId("d-id").replaceChildren(named(t`Call`, call.id));
      byId("d-reports").replaceChildren(...(this.reports ?? []).map(reportLine));
      text(byId("d-heard"), call.heard_at ? t`Last report ${timeOfDay(call.heard_at)}` : "");
      byId("d-marks").replaceChildren(...(this.more.alarms ?? []).map(markItem));
      this.drawHearing(call);
      this.drawConsult(call);
      this.seen = call;
    }
    this.tick();
  }

  /** Red, and in words, where it is not as the last wish intended. */
  drawHearing(call) {
    const heard = hearing(call, this.you), wrong = call.misheard ?? [];
    byId("d-hearing").hidden = !heard;
    byId("d-intended").replaceChildren(...(call.hears && !wrong.length ? [icon("check"), t`as intended`] : []));
    if (!heard) return byId("d-ears").replaceChildren();
    byId("d-ears").replaceChildren(ears(heard), el("p", { class: "hears-words" }, sentences(heard).join(" ")),
      ...wrong.map((words) => el("p", { class: "wrong", role: "alert" }, icon("attention"), el("span", {}, said(words)))));
  }

  /** What runs beside the call and who listens: with times that go on, and drawn anew only if words change. */
  drawBeside(call, now) {
    const told = besides(call, now), claims = call.ended_at ? [] : supervising(call, this.you);
    for (const [id, each, make] of [["beside", told, besideItem], ["claims", claims, claimItem]]) {
      const place = byId(`d-${id}`), words = JSON.stringify(each);
      place.hidden = !each.length;
      if (place.children.length !== each.length || this[id] !== words) place.replaceChildren(...each.map(make));
      this[id] = words;
    }
    byId("d-claims").querySelectorAll("em").forEach((time, place) => text(time, claims[place].since ? lasting(claims[place].since, null, now) : ""));
  }

  drawConsult(call) {
    const steps = consulting(call);
    byId("d-consult").hidden = !steps;
    byId("d-consult").replaceChildren(...(steps ?? []).map(({ words, state }) => el("li", { class: state, "aria-current": state === "at" ? "step" : null }, words)));
  }

  /** The time in state, and whether it is too long. */
  drawClock(call, now) {
    const strain = this.strain(call, now), waits = waitsSince(call);
    const since = [call.since && t`since ${timeOfDay(call.since)}`, waits && t`waiting for ${lasting(waits, null, now)}`].filter(Boolean).join(", ");
    set(byId("d-now"), "class", `now s-${stateOf(call).look}${strain ? ` is-${strain.look}` : ""}`);
    text(byId("d-sub"), call.ended_at ? endedBy(call) : [since, strain?.words].filter(Boolean).join(", "));
  }

  tick() {
    const { call } = this;
    if (!call) return;
    const now = this.now();
    this.drawClock(call, now);
    text(byId("d-clock"), call.ended_at ? lasting(call.started_at, call.ended_at, now) : lasting(call.since, null, now));
    text(byId("d-total"), lasting(call.started_at, call.ended_at, now));
    byId("d-timeline").replaceChildren(timeline(call, now, this.more));
    this.drawBeside(call, now);
  }
}

function markItem(alarm) {
  return el("li", {}, icon(alarm.severity === "red" ? "breach" : "attention", `is-${alarm.severity}`), el("time", {}, timeOfDay(alarm.raised_at)), el("span", {}, alarmWords(alarm)));
}

const besideItem = ({ icon: glyph, look, words }) => el("li", { class: look }, icon(glyph), words);

function claimItem({ mine, words: [who, does] }) {
  return el("li", { class: mine ? "is-mine" : "" }, icon("monitor"), el("span", {}, el("b", {}, who), ` ${does} `, el("em", { class: "t" })));
}

function endedBy(call) {
  const who = ENDED_BY[call.ended_by];
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
    el("span", {}, `${report.door}${report.deliveries > 1 ? ` ×${report.deliveries}` : ""}${report.verdict !== "heard" ? `, ${said(report.verdict)}` : ""}`));
}
