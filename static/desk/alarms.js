// The strip of alarms: what is too much, who sees to it, and what one may say to it. Sound and notices only for who wants them.

import { byId, el, icon, set, text } from "./dom.js";
import { said, t } from "./say.js";
import { fresh, inOrder, loud, seenTo, spoken, titleOf, told } from "./toomuch.js";
import { ask } from "./wish.js";
import { mayAct } from "./words.js";

const QUIET = 10000; // ms between two sounds at least
const KEPT = "livedesk.alarms";
const MINUTES = [5, 15, 30];

/** `now()`: the server's time; `open(id)`: show that call; `knows(id)`: is it on the board; `result`: say what went wrong. */
export class Alarms {
  constructor({ now, open, knows, result }) {
    Object.assign(this, { now, open, knows, result });
    this.alarms = [];
    this.rows = new Map(); // by id
    this.heard = new Set();
    this.soundAt = -Infinity;
    this.wants = { red: false, amber: false, notice: false, ...kept() };
    for (const name of Object.keys(this.wants)) {
      const box = byId(`alarms-${name}`);
      box.checked = this.wants[name];
      box.addEventListener("change", () => this.want(name, box));
    }
  }

  async want(name, box) {
    if (name === "notice" && box.checked && (await globalThis.Notification?.requestPermission()) !== "granted") {
      box.checked = false;
      this.result(null, t`The browser does not let this page show notices. Allow them in its settings.`, true);
    }
    this.wants[name] = box.checked;
    try { localStorage.setItem(KEPT, JSON.stringify(this.wants)); } catch { /* for this page only */ }
    if (name !== "notice" && box.checked) this.sound(); // so that one knows it; and browsers let a page sound only after a press
  }

  /** `current`: the open alarms; null: a new line has not told of them yet, and those that were there are not over. */
  draw(current, you) {
    this.known ||= current !== null;
    const alarms = current ?? this.alarms, now = this.now(), ordered = inOrder(alarms, now), list = byId("alarm-list");
    Object.assign(this, { alarms, you });
    const due = alarms.filter((alarm) => loud(alarm, now));
    set(byId("alarms"), "data-none", !alarms.length);
    text(byId("alarms-count"), alarms.length ? String(due.length || alarms.length) : this.known ? t`none` : "–");
    set(byId("alarms-count"), "class", due.some((alarm) => alarm.severity === "red") ? "count is-red" : due.length ? "count is-amber" : "count");
    const still = new Set(ordered.map((alarm) => alarm.id));
    for (const [id, row] of this.rows) if (!still.has(id)) { row.item.remove(); this.rows.delete(id); }
    // A row under the hand or the focus stays where it is: the next press must not land on another one.
    const busy = list.matches(":hover, :focus-within");
    for (const alarm of ordered) {
      let row = this.rows.get(alarm.id);
      if (!row) this.rows.set(alarm.id, row = this.row(alarm.id));
      this.fill(row, alarm, now);
      if (!row.item.isConnected) list.append(row.item);
    }
    if (!busy) ordered.forEach((alarm, place) => {
      const { item } = this.rows.get(alarm.id);
      if (list.children[place] !== item) list.insertBefore(item, list.children[place]);
    });
    this.tell(fresh(alarms, this.heard, now), now);
  }

  row(id) {
    const parts = {
      mark: el("span", { class: "glyph" }), what: el("b", {}), where: el("a", { class: "link" }), more: el("span", {}), value: el("em", { class: "t" }), limit: el("span", { class: "t" }),
      owner: el("p", { class: "owner" }),
      ack: el("button", { class: "btn mini", type: "button", onclick: () => this.say(id, "ack", {}) }, t`I see to it`),
      snooze: el("select", { "aria-label": t`Snooze`, onchange: (event) => this.snooze(id, event.target) },
        el("option", { value: "" }, t`Snooze`), ...MINUTES.map((minutes) => el("option", { value: String(minutes) }, `${minutes} min`))),
      call: el("button", { class: "btn mini", type: "button", onclick: () => this.open(this.rows.get(id).alarm.call) }, t`Open`),
    };
    parts.acts = el("div", { class: "acts" }, parts.ack, parts.snooze, parts.call);
    parts.item = el("li", {}, parts.mark,
      el("div", { class: "said" }, parts.what, el("span", { class: "place" }, parts.where, parts.more)),
      el("div", { class: "figure" }, parts.value, parts.limit), parts.owner, parts.acts);
    return parts;
  }

  fill(row, alarm, now) {
    const { what, where, value, limit, more, look, word, icon: mark } = told(alarm, now), due = loud(alarm, now), me = this.you?.user.name, quiet = seenTo(alarm, now, me), may = mayAct(this.you, alarm.team);
    row.alarm = alarm;
    set(row.item, "class", `${look}${due ? "" : " is-quiet"}`);
    if (row.marked !== mark) row.mark.replaceChildren(icon(mark), el("span", { class: "vh" }, `${word}: `));
    row.marked = mark;
    text(row.what, what);
    text(row.where, where);
    set(row.where, "href", alarm.queue ? `/queues/${alarm.queue}/` : null);
    text(row.more, more);
    text(row.value, value);
    text(row.limit, t`limit ${limit}`);
    text(row.owner, quiet);
    row.owner.hidden = !quiet;
    row.ack.hidden = !may || (Boolean(alarm.acked_at) && alarm.owner === me);
    row.snooze.hidden = !may;
    row.call.hidden = !alarm.call || !this.knows(alarm.call);
    for (const act of [row.ack, row.snooze, row.call]) set(act, "aria-description", `${what}, ${where}`);
  }

  snooze(id, list) {
    const minutes = list.value;
    list.value = "";
    if (minutes) this.say(id, "snooze", { minutes });
  }

  async say(id, what, fields) {
    const answer = await ask(`/alarms/${id}/${what}/`, fields);
    if (!answer.ok) return this.result(null, answer.status === 404 ? t`This alarm is not there any more.` : said(answer.message), true);
    this.draw(this.alarms.map((alarm) => (alarm.id === id ? answer.body.alarm : alarm)), this.you); // the socket says the same in a moment
  }

  /** New ones: in words for who listens to the page, by a sound or a notice for who wants them. */
  tell(news, now) {
    if (!news.length) return;
    const red = news.filter((alarm) => alarm.severity === "red"), words = spoken(red.length ? red : news, now);
    text(byId(red.length ? "alarm-words" : "alarm-words-amber"), words);
    if ((red.length && this.wants.red) || (red.length < news.length && this.wants.amber)) this.sound();
    if (red.length && this.wants.notice && document.hidden && globalThis.Notification?.permission === "granted") new Notification("Livedesk", { body: words, tag: KEPT });
  }

  sound() {
    const at = performance.now();
    if (at - this.soundAt < QUIET || !globalThis.AudioContext) return;
    this.soundAt = at;
    this.audio ??= new AudioContext();
    this.audio.resume();
    const tone = this.audio.createOscillator(), gain = this.audio.createGain(), start = this.audio.currentTime;
    tone.frequency.setValueAtTime(660, start);
    tone.frequency.setValueAtTime(880, start + 0.15);
    gain.gain.setValueAtTime(0.15, start);
    gain.gain.linearRampToValueAtTime(0, start + 0.4);
    tone.connect(gain).connect(this.audio.destination);
    tone.start();
    tone.stop(start + 0.4);
  }

  /** By key: the first thing that can be said to the first of them. */
  focus() { (byId("alarm-list").querySelector("button:not([hidden]), select") ?? byId("alarms")).focus(); }

  title(rest) { return titleOf(this.alarms, this.now(), rest); }

  forget() {
    this.heard.clear();
    for (const name of ["alarm-words", "alarm-words-amber"]) text(byId(name), "");
  }
}

function kept() {
  try { return JSON.parse(localStorage.getItem(KEPT)) ?? {}; } catch { return {}; }
}
