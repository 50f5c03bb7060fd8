// A wish on many calls: which they are, what is known to be refused, and whether what was typed fits. Pure.

import { FILTERS } from "./asked.js";
import { locale, said, some, t } from "./say.js";
import { everMay, stateOf, whyNot } from "./words.js";

export const VERBS = ["announce", "redirect", "end"];
export const verbsOf = (you, known) => VERBS.filter((verb) => known.includes(verb) && everMay(you, verb));

export const grouped = (count) => count.toLocaleString(locale.length ? locale : "en");
export const calls = (count) => some(count, "{1} call", "{1} calls", grouped(count));

/** How often each of these is there, the most first: [[words, count]]. */
export function tally(words) {
  const counts = new Map();
  for (const each of words) counts.set(each, (counts.get(each) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

const KINDS = 6;
/** “In call 5, Waiting 4”; of very many kinds the rest in one. */
export function listed(tallied) {
  const rest = tallied.slice(KINDS).reduce((sum, [, count]) => sum + count, 0);
  return [...tallied.slice(0, KINDS), ...(rest ? [[t`others`, rest]] : [])].map(([words, count]) => `${words} ${grouped(count)}`).join(", ");
}

export const statesOf = (meant) => listed(tally(meant.map((call) => stateOf(call).word)));
export const linesOf = (meant) => listed(tally(meant.map((call) => call.line || call.team_name || t`no line`)));

const VIEW_WORDS = { ringing: t`Not answered yet`, talking: t`In call` };
/** What the list was filtered by. `asked`: as for the list; `team`: its name. */
export function filterWords({ view, states = [], text }, team) {
  const parts = [VIEW_WORDS[view], ...states.map((key) => FILTERS[key]), text && `“${text}”`, team].filter(Boolean);
  return parts.length ? t`Those that are shown now: ${parts.join(", ")}.` : t`No filter is set: these are all live calls that you see.`;
}

/** Is this entry of the library or directory there for the call? */
export const isFor = (entry, call) => !entry.teams.length || entry.teams.includes(call.team);

const MISSING = { announce: (team) => t`There is no such announcement for calls of ${team}.`, redirect: (team) => t`There is no such flow for calls of ${team}.` };

/** Why it would be refused on this call; "" if nothing is known. `entry`: what was chosen; `plan`: what the server says of the first calls. */
export function refusal(verb, call, entry, plan, you, now) {
  const why = whyNot(you, verb, call, false, now) || said(plan?.refused[call.id]);
  if (why || !entry || isFor(entry, call)) return why ?? "";
  return MISSING[verb](call.team_name || t`no team`);
}

/** [[why, how many]], the most first. */
export const refusals = (meant, why) => tally(meant.map(why).filter(Boolean));

const listing = new Intl.ListFormat(locale.length ? locale : "en-GB");

/** Who is hung up though nobody said so: somebody whom the announcement or the new place leaves behind. */
export function endsWords(meant, plan) {
  const found = meant.map((call) => plan?.ends[call.id]).filter(Boolean);
  if (!found.length) return "";
  const names = [...new Set(found.flat())], first = names.slice(0, 3), more = names.length - first.length;
  const who = more ? t`${first.join(", ")} and ${more} more` : listing.format(first);
  const what = some(found.length, "a conversation", "{1} conversations", grouped(found.length));
  return some(names.length, "It ends {1}: {2} is hung up.", "It ends {1}: {2} are hung up.", what, who);
}

const TALKS = ["talking", "held", "consulting"]; // as Call.TALKS

/** Who talks to no person now is meant as long as that is so. */
export function aloneWords(meant) {
  const alone = meant.filter((call) => !TALKS.includes(call.status)).length;
  if (!alone) return "";
  return some(alone, "No person talks on {1} of them yet: if somebody answers before its turn, it is left alone.", "No person talks on {1} of them yet: those that somebody answers before their turn are left alone.", grouped(alone));
}

/** The plans of the first ones only were asked for. */
export const looked = (count, plan) => (plan && count > plan.looked ? t`Only the first ${plan.looked} were looked at closely.` : "");

/** How long so many take, `rate` in a second. */
export function takes(count, rate) {
  const seconds = Math.ceil(count / rate);
  return seconds < 100 ? t`about ${seconds} s` : t`about ${Math.round(seconds / 60)} min`;
}

/** Of those that were shown at first: whose call has ended, or fits the filter no longer. */
export function leftWords(first, count) {
  const left = first - count;
  if (!left) return "";
  return some(left, "Of the {1} that were shown {2} has ended or does not fit the filter any more: it is left alone.", "Of the {1} that were shown {2} have ended or do not fit the filter any more: they are left alone.", grouped(first), grouped(left));
}

/** What is wrong with the count that was typed; "" if it fits. */
export function misfit(typed, count) {
  if (!/^\d+$/.test(typed)) return t`Type how many calls it is about: ${count}.`;
  return Number(typed) === count ? "" : t`You typed ${Number(typed)}, and it is about ${calls(count)} now. Nothing was sent: look again.`;
}

// How far one came that is under way -----------------------------------------------------------------------------------

const THEIRS = {
  announce: ({ by, made, total }) => t`${by} announces: ${made} of ${total}`,
  redirect: ({ by, made, total }) => t`${by} redirects: ${made} of ${total}`,
  end: ({ by, made, total }) => t`${by} ends: ${made} of ${total}`,
};
export const theirsWords = (bulk) => THEIRS[bulk.verb](bulk);

/** Whose it is, if it is not one's own, and what of it is not shown. */
export const byWords = (bulk) => [!bulk.mine && t`By ${bulk.by}.`, bulk.partly && t`Others of its calls are of teams that you do not watch: they are not counted here.`].filter(Boolean).join(" ");

/** What is to be said of one's own when it is over; "" if all went well. */
export function overWords(bulk) {
  const wrong = bulk.failed + bulk.refused;
  return [wrong && some(wrong, "{0} failed, refused or left alone.", "{0} failed, refused or left alone."), bulk.stopped && said(bulk.sentence)].filter(Boolean).join(" ");
}

/** When somebody else last began on one of these calls what can be done to many; "" if nobody has. */
export function lastOfOthers(all, me) {
  let last = "";
  for (const call of all) {
    for (const { verb, by, requested_at: at } of call.actions) if (at > last && by !== me?.name && VERBS.includes(verb)) last = at;
  }
  return last;
}
