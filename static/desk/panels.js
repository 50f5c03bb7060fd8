// The left column's queues and agents: in figures, each a link to what is behind it.

import { byId, el, hiddenText, icon, set, svg, text } from "./dom.js";
import { bars, barsWords, busyIn, levelOf, looksOf, oldestOf, summary, worst } from "./figures.js";
import { Look } from "./look.js";
import { some, t } from "./say.js";
import { lasting, timeOfDay } from "./words.js";

const MOST = 40; // agents of one state: the longest in it
const GROUPS = [["available", t`Free`], ["busy", t`In call`], ["wrap-up", t`Wrap-up`], ["away", t`Away`]];
const WORDS = { attention: t`near the limit`, breach: t`over the limit` };

export class Panels {
  /** `open(id)`: shows that call beside the list if it is on the board, and tells whether it is. */
  constructor(open) {
    this.figures = null;
    this.queues = new Map();
    this.ofQueues = document.querySelectorAll(".of-queues");
    this.groups = new Map(GROUPS.map(([state, word]) => [state, new Group(word, open)]));
    this.look = new Look("/desk/figures/", (figures) => this.told(figures));
    byId("agents").replaceChildren(...[...this.groups.values()].map(({ place }) => place));
  }

  begin() { this.look.begin(); }

  forget() { this.look.stop("gone"); }

  told(figures) {
    this.figures = figures;
    const queues = figures?.queues ?? [];
    this.queues = new Map(queues.map((queue) => [queue.id, this.queues.get(queue.id) ?? new Row(queue.id)]));
    const places = queues.map((queue) => this.queues.get(queue.id).tell(queue));
    if (places.some((place, at) => byId("queues").children[at] !== place) || places.length !== byId("queues").children.length) byId("queues").replaceChildren(...places);
    for (const [state, group] of this.groups) group.tell((figures?.agents ?? []).filter((agent) => agent.state === state));
    this.draw();
  }

  draw() {
    const { look, figures } = this, now = look.now(), old = Boolean(figures) && look.old;
    byId("queue-panel").hidden = !figures?.queues.length;
    byId("agent-panel").hidden = !figures?.agents.length;
    this.inTheBar(figures?.queues.length ? figures : null, now, old);
    for (const panel of ["queue-panel", "agent-panel"]) set(byId(panel), "class", old ? "is-old" : null);
    if (!figures) return;
    const { staff } = figures, asOf = old && t`as of ${timeOfDay(new Date(now - look.age).toISOString())}`;
    text(byId("queue-unit"), asOf || t`waiting`);
    text(byId("agent-unit"), asOf || t`${staff.available + busyIn(staff) + staff.away} signed in`);
    for (const row of this.queues.values()) row.draw(now);
    for (const group of this.groups.values()) group.draw(now);
  }

  /** Figures that are old are not told there: what stands beside them is of this moment. */
  inTheBar(figures, now, old) {
    for (const place of this.ofQueues) place.hidden = !figures || old;
    for (const [name, { value, word, look }] of Object.entries(figures ? summary(figures, now) : {})) {
      text(byId(`m-${name}`), value);
      text(byId(`m-${name}-word`), word);
      set(byId(`m-${name}`), "class", look ? `is-${look}` : null);
    }
  }
}

/** One queue. Its parts stay the same elements, so that whoever is on it with the keyboard stays there. */
class Row {
  constructor(id) {
    this.name = el("b", { class: "name" });
    this.bars = svg("svg", { class: "bars", viewBox: "0 0 72 18", role: "img" });
    [this.many, this.oldest, this.level] = [el("b", { class: "n t" }), el("em", { class: "t" }), el("em", { class: "t" })];
    this.old = el("span", { class: "old" }, `${t`oldest`} `, this.oldest);
    this.aim = el("span", { class: "sl", title: t`Service level of the last half hour, and its target` });
    this.staff = el("span", { class: "staff" });
    this.place = el("li", {}, el("a", { href: `/queues/${id}/` }, this.name, this.bars, this.many, this.old, this.aim, this.staff));
  }

  tell(queue) {
    this.queue = queue;
    const { staff } = queue;
    text(this.name, queue.open ? queue.name : t`${queue.name}, closed`);
    text(this.level, levelOf(queue));
    this.aim.replaceChildren(`${t`SL`} `, this.level, ` ${t`of ${queue.target_percent} %`}`);
    text(this.staff, [some(staff.available, "{0} free", "{0} free"), some(busyIn(staff), "{0} busy", "{0} busy"), staff.away && some(staff.away, "{0} away", "{0} away")].filter(Boolean).join(", "));
    set(this.bars, "aria-label", barsWords(queue));
    this.bars.replaceChildren(...bars(queue).map(({ kind, ...place }) => svg("rect", { class: kind, ...place })));
    return this.place;
  }

  draw(now) {
    const { queue } = this, looks = looksOf(queue, now), mark = worst([looks.waiting, looks.oldest]), shown = `${queue.waiting} ${mark}`;
    set(this.place, "class", queue.waiting ? null : "is-empty");
    if (this.shown !== shown) this.many.replaceChildren(...(mark ? [icon(mark), hiddenText(`${WORDS[mark]}: `)] : []), String(queue.waiting));
    this.shown = shown;
    set(this.many, "class", `n t ${mark && `is-${mark}`}`.trim());
    set(this.old, "class", `old ${looks.oldest && `is-${looks.oldest}`}`.trim());
    set(this.aim, "class", `sl ${looks.level && `is-${looks.level}`}`.trim());
    text(this.oldest, oldestOf(queue, now));
  }
}

/** The agents of one state, who is longest in it first. */
class Group {
  constructor(word, open) {
    Object.assign(this, { open, rows: [], many: el("b", { class: "t" }), list: el("ol") });
    this.place = el("details", { open: true }, el("summary", {}, `${word} `, this.many), this.list);
  }

  tell(agents) {
    this.place.hidden = !agents.length;
    text(this.many, String(agents.length));
    const first = [...agents].sort((a, b) => ((a.since ?? "") < (b.since ?? "") ? -1 : 1)).slice(0, MOST), told = JSON.stringify(first);
    if (told === this.told && agents.length === this.count) return;
    Object.assign(this, { told, count: agents.length });
    const at = this.list.contains(document.activeElement) ? document.activeElement.dataset.agent : null;
    this.rows = first.map((agent) => this.row(agent));
    const more = agents.length - first.length;
    this.list.replaceChildren(...this.rows.map(({ place }) => place), ...(more ? [el("li", { class: "more" }, t`and ${more} more`)] : []));
    if (at) this.list.querySelector(`[data-agent="${at}"]`)?.focus();
  }

  row(agent) {
    const clock = el("span", { class: "t" }), parts = [agent.rings && icon("ringing"), agent.rings && hiddenText(`${t`rung`}: `), el("b", {}, agent.name), clock];
    const onclick = (event) => !event.ctrlKey && !event.metaKey && this.open(agent.call) && event.preventDefault();
    const inside = agent.call ? el("a", { href: `/calls/${agent.call}/`, "data-agent": agent.id, onclick }, ...parts) : el("div", {}, ...parts);
    return { place: el("li", {}, inside), clock, since: agent.since };
  }

  draw(now) {
    for (const { clock, since } of this.rows) text(clock, lasting(since, null, now));
  }
}
