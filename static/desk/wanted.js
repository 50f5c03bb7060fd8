// What there is to be wanted on the desk, for the palette: read off the page, the board and the open call at the moment that it is asked for.

import { groups } from "./choose.js";
import { verbOf } from "./deeds.js";
import { DEEDS, capsOf, deedFor, waysOf } from "./keymap.js";
import { answers } from "./offers.js";
import { said, t } from "./say.js";
import { callerOf, stateOf } from "./words.js";
import { ask } from "./wish.js";

/** `deeds`, `keys`: of this desk; `drawer`, `calls()`, `pick(id)`, `press(verb)`, `transferTo(call, entry)`: on the open one; `may(deed)`; of the verbs that are `known`: `ever(verb)`; `views()` that were kept, `see(view)`. */
export class Wanted {
  constructor(hooks) {
    Object.assign(this, hooks, { queues: [], targets: [], of: null });
  }

  /** Why nothing of what was typed is there, if it is the name of a wish: those are made on a call. */
  missing(typed) {
    const wish = this.known.filter((verb) => this.ever(verb)).find((verb) => answers({ name: verbOf({ verb }) }, typed)), open = this.drawer.open && this.drawer.call;
    if (!wish || !typed.trim()) return "";
    return open ? t`“${verbOf({ verb: wish })}” makes no sense on this call as it is now.` : t`“${verbOf({ verb: wish })}” is done to a call: open one first. Type whose it is, or press Esc and choose it in the list.`;
  }

  sources() {
    const { call } = this.drawer, open = this.drawer.open && call;
    return [
      { cap: open ? t`This call, ${callerOf(call)}` : "", entries: open ? this.wishes(call) : [] },
      { cap: t`Transfer to`, entries: open && this.of === call.id ? this.targets : [], many: true },
      { cap: t`Calls`, entries: [...this.calls()].map((each) => this.callEntry(each)), many: true },
      { cap: t`Views`, entries: this.views().map((view) => ({ id: `view-${view.id}`, name: view.name, where: view.by ? t`shared by ${view.by}` : "", also: t`view`, icon: "changes", run: () => this.see(view) })) },
      { cap: t`Queues`, entries: this.queues, many: this.queues.length > 6 },
      { cap: t`The desk`, entries: [...this.own(), ...pages(this.keys)] },
    ];
  }

  wishes(call) {
    return this.drawer.verbs.offers().map(({ verb, why }) => ({
      id: verb, name: verbOf({ verb }), off: said(why), icon: verb, caps: capsOf(this.keys.get(deedFor(verb)?.name)), run: () => this.press(verb),
    }));
  }

  callEntry(call) {
    const where = [stateOf(call).word, call.line, call.agent].filter(Boolean).join(", ");
    return { id: call.id, name: callerOf(call), where, also: call.legs.map((leg) => `${leg.sid} ${leg.name}`).join(" "), icon: stateOf(call).icon, run: () => this.pick(call.id) };
  }

  /** What has a key and is no wish, nor moves about in the list. */
  own() {
    const mine = DEEDS.filter(({ name, group, verbs, goes }) => !verbs && !goes && group !== "move" && name !== "palette" && this.deeds[name]);
    return mine.filter((deed) => this.may(deed)).map((deed) => ({ id: deed.name, name: sentence(deed.words), icon: "changes", caps: waysOf(this.keys, deed)[0], run: this.deeds[deed.name] }));
  }

  /** Why not, of the wishes; queues, and to whom the open call may go: as the server says it now. */
  async more(told) {
    if (this.drawer.open) await this.drawer.stands(); // which of its wishes can be made
    const { call, verbs } = this.drawer, can = this.drawer.open && call && verbs.offers().some(({ verb, why }) => verb === "transfer" && !why);
    const [queues, choices] = await Promise.all([ask("/queues/"), can ? ask(`/calls/${call.id}/transfer/`) : null]);
    if (queues.ok) this.queues = queues.body.queues.map(queueEntry);
    this.of = choices?.ok ? call.id : null;
    this.targets = this.of ? groups(choices.body, "").flatMap(({ entries }) => entries).map((entry) => ({
      id: `${entry.kind}-${entry.id}`, name: t`Transfer to ${entry.name}`, where: [entry.where, entry.word].filter(Boolean).join(", "), off: entry.off, icon: "transfer", run: () => this.transferTo(call, entry),
    })) : [];
    told();
  }
}

const queueEntry = ({ id, name, team, waiting }) => ({
  id: `queue-${id}`, name, where: t`${team}, ${waiting} waiting`, also: t`queue`, icon: "waiting", run: () => location.assign(`/queues/${id}/`),
});

/** The pages that the menu leads to: a new one there is here, too. */
function pages(keys) {
  return [...document.querySelectorAll(".menu a.btn")].map((link) => {
    const deed = DEEDS.find(({ goes }) => goes === link.getAttribute("href"));
    return { id: link.href, name: link.textContent, icon: "page", also: t`go to page`, caps: deed && waysOf(keys, deed)[0], run: () => location.assign(link.href) };
  });
}

const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);
