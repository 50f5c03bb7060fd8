// When a part of the desk fails: which part that is, in words, and what one does instead. Pure.

import { t } from "./say.js";

/** `files`: whose errors are this part's; `words`: what does not work; `instead`: what still does, if that is not plain. */
export const PARTS = {
  list: { files: "desk parts bar stream board link lean rows order asked limits sentence", words: t`the live list` },
  drawer: { files: "drawer verbs buttons caller ears hearing beside ledger timeline notes", words: t`the open call beside the list`, instead: t`A press on a row opens the call’s own page.` },
  wishes: { files: "pop transfer announce small choose effects", words: t`the dialogs of actions`, instead: t`Their buttons lead to plain forms.` },
  end: { files: "end", words: t`the dialog that ends calls`, instead: t`Its button leads to a plain form.` },
  alarms: { files: "alarms toomuch", words: t`the alarms` },
  marks: { files: "", words: t`the marks of what goes on for too long` },
  panels: { files: "panels figures look", words: t`the figures of queues and agents` },
  views: { files: "named", words: t`the views that were kept` },
  filter: { files: "filter", words: t`the filter` },
  palette: { files: "palette offers wanted", words: t`the list of everything (Ctrl-K)` },
  keys: { files: "keys keymap", words: t`the keys`, instead: t`All can be done by pointer, and by Tab and Enter.` },
  many: { files: "all many far heard", words: t`what is done to all calls that are shown` },
  aloud: { files: "aloud", words: t`what is read out of changes` },
  delays: { files: "delays", words: t`the measure of delay` },
  theme: { files: "theme", words: t`the change between light and dark` },
  tour: { files: "tour", words: t`the tour of the desk` },
  drill: { files: "drill", words: t`what is told of drills` },
};
/** Used by all parts: an error in one of them is that of the part which called it; if that is nobody, of the list. */
const SHARED = ["dom", "words", "wish", "deeds", "say"];

const WHERE = /\/desk\/([a-z]+)(?:\.[0-9a-f]{12})?\.js/g; // with or without a digest in its name

/** Of an error's text (message, stack, address): the part that it comes from; null if it is none of our files. */
export function partOf(told) {
  const files = [...told.matchAll(WHERE)].map(([, file]) => file), own = files.find((file) => !SHARED.includes(file));
  const [name] = Object.entries(PARTS).find(([, { files: its }]) => its.split(" ").includes(own)) ?? [];
  return name ?? (files.length ? "list" : null);
}

/** {what, rest} of the parts that have failed. Without the list nothing is sure. */
export function faultWords(names) {
  const parts = [...names].map((name) => PARTS[name]), named = parts.map(({ words }) => words).join("; ");
  const what = parts.length === 1 ? t`A part of this page does not work: ${named}.` : t`Some parts of this page do not work: ${named}.`;
  const rest = names.has("list") ? t`What is shown may be old.` : [t`All else does.`, ...parts.map(({ instead }) => instead).filter(Boolean)].join(" ");
  return { what, rest: `${rest} ${t`Each call has a page with plain forms:`}` };
}
