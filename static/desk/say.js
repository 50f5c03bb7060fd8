// What a page says, in its reader's language. English stands in the code; the catalogue of another one is a script that the page
// has run before (`/words/`, made of calls/locale). Pure.

const { catalog = null, ngettext } = globalThis.words ?? {};

/** Of numbers and times, for Intl: as the page's words are; those of an English page as this computer has them. */
export const locale = catalog ? globalThis.document?.documentElement.lang ?? "es" : [];

/** t`Transfer to ${name}`: in the catalogue it is "Transfer to {0}". */
export function t(parts, ...values) {
  const key = parts.reduce((before, part, place) => `${before}{${place - 1}}${part}`);
  return put(catalog?.[key] ?? key, values);
}

/** some(3, "{0} call of {1}", "{0} calls of {1}", team): {0} is the number. */
export function some(number, one, many, ...values) {
  return put(ngettext ? ngettext(one, many, number) : number === 1 ? one : many, [number, ...values]);
}

const put = (words, values) => (values.length ? words.replace(/\{(\d)\}/g, (_, place) => values[place] ?? "") : words);

const oneDigit = new Intl.NumberFormat(catalog ? locale : "en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
/** With one digit behind the point, or the comma. */
export const tenths = (number) => oneDigit.format(number);

// What the server said is recorded once, in English: a plan, a refusal, how a wish came out. Who reads it finds it by its form.

const SAID = "said\u0004"; // of the catalogue's words for it: what a script says means something else by the same ones
const MOST = 2000; // kept
const LONGEST = 500; // characters; what is longer was not written by the program
const DEEPEST = 5; // a sentence in a sentence
const read = new Map();
let forms = null;

/** A sentence of the server's as this reader says it; what there are no words for stands as it is. As calls/desk/said.py. */
export function said(sentence) {
  if (!catalog || typeof sentence !== "string" || !sentence || sentence.length > LONGEST) return sentence;
  if (!read.has(sentence)) {
    if (read.size >= MOST) read.clear();
    read.set(sentence, anew(sentence, 0));
  }
  return read.get(sentence);
}

function anew(sentence, depth) {
  if (depth > DEEPEST) return sentence;
  const several = sentencesIn(sentence);
  return asOne(sentence, depth) ?? asSeveral(several, depth, false) ?? byForm(sentence, depth, false) ?? asSeveral(several, depth, true) ?? sentence;
}

function asOne(sentence, depth) {
  if (sentence.startsWith("“") && sentence.endsWith("”")) return sentence; // what somebody typed
  return wordsOf(sentence, depth) ?? byForm(sentence, depth, true);
}

/** One after the other; up to three are known together. Null if one of them is not, unless `partly`. */
function asSeveral(sentences, depth, partly) {
  if (sentences.length < 2) return null;
  const told = [];
  for (let at = 0; at < sentences.length; ) {
    let many = Math.min(3, sentences.length - 1), found = null;
    for (; many > 0 && found === null; many -= 1) found = asOne(sentences.slice(at, at + many).join(" "), depth);
    if (found === null && !partly) return null;
    told.push(found ?? sentences[at]);
    at += many + 1;
  }
  return told.join(" ");
}

/** As it stands; or as it would stand within a sentence. Within another one a single word is more likely a name, and what only a script says is one. */
function wordsOf(sentence, depth) {
  const exact = ours(sentence) ?? (depth === 0 && typeof catalog[sentence] === "string" ? catalog[sentence] : null);
  if (exact !== null) return exact;
  const inside = depth === 0 || sentence.includes(" ") ? ours(lower(sentence)) : null;
  if (inside !== null) return upper(inside);
  const clause = sentence.endsWith(".") ? ours(lower(sentence.slice(0, -1))) : null;
  return clause === null ? null : stopped(clause, sentence);
}

/**
 * The form whose values hold the fewest beginnings of other clauses; of several, the one with the most words of its own.
 * `whole`: no value holds several sentences, as each of them may have a form of its own.
 */
function byForm(sentence, depth, whole) {
  forms ??= Object.keys(catalog).filter((key) => key.startsWith(SAID) && key.includes("{0}")).map(formOf).sort((one, other) => other.weight - one.weight);
  let best = null, fewest = Infinity;
  for (const form of forms) {
    const fit = fitOf(sentence, form);
    if (!fit || (whole && !fit.values.every((value) => ours(value) !== null || sentencesIn(value).length < 2))) continue;
    const clauses = fit.values.reduce((sum, value) => sum + clausesIn(value), 0);
    if (clauses < fewest) [best, fewest] = [{ ...form, ...fit }, clauses];
  }
  if (!best) return null;
  const values = [];
  for (const [at, place] of best.places.entries()) {
    const value = best.values[at];
    values[place] = quoted(best.own, at) ? value : anew(within(value, best.words.startsWith(`{${place}}`)), depth + 1);
  }
  return best.stop ? stopped(put(best.words, values), sentence) : put(best.words, values);
}

/** The values; and whether the full stop behind it is the sentence's alone: what is a clause elsewhere is a sentence here. */
function fitOf(sentence, { own, ends }) {
  const values = valuesIn(sentence, own);
  if (!sentence.endsWith(".") || ends || (values && ours(values.at(-1)) !== null)) return values && { values, stop: false };
  const clause = valuesIn(sentence.slice(0, -1), own);
  return clause && { values: clause, stop: true };
}

const clausesIn = (value) => (ours(value) === null ? value.replace(/“[^”]*”/g, "").match(/[.!?,;:] (?=\S)/g)?.length ?? 0 : 0);

/** "{0} has answered" finds "Owen Clarke has answered"; of several that fit the one with the most words of its own is meant. */
function formOf(key) {
  const parts = key.slice(SAID.length).split(/\{(\d)\}/), own = parts.filter((_, at) => at % 2 === 0);
  return { own, places: parts.filter((_, at) => at % 2).map(Number), words: catalog[key], weight: own.join("").length, ends: /[.?!]$/.test(own.at(-1)) || (!own.at(-1) && own.at(-2).endsWith(". ")) };
}

/** What stands in the places: each holds something, and as little as it can, the last one the rest. Never looks back. */
function valuesIn(sentence, own) {
  const first = own[0], last = own.at(-1), end = sentence.length - last.length, found = [];
  if (!sentence.startsWith(first) || !sentence.endsWith(last)) return null;
  let at = first.length;
  for (const words of own.slice(1, -1)) {
    const behind = sentence.indexOf(words, at + 1);
    if (behind < 0 || behind + words.length > end) return null;
    found.push(sentence.slice(at, behind));
    at = behind + words.length;
  }
  return at < end ? [...found, sentence.slice(at, end)] : null;
}

/** What somebody typed, or what something is called. */
const quoted = (own, at) => own[at].endsWith("“") && own[at + 1].startsWith("”");

/** “The caller” that began the English sentence, where it does not begin the other one. */
const within = (value, begins) => (begins || !value.includes(" ") || ours(value) !== null || ours(lower(value)) === null ? value : lower(value));

/** Not those that somebody typed. */
function sentencesIn(text) {
  const found = [];
  for (const piece of text.split(/(?<=[.!?]) (?=\S)/)) {
    const open = found.length && found.at(-1).split("“").length > found.at(-1).split("”").length;
    if (open) found[found.length - 1] += ` ${piece}`;
    else found.push(piece);
  }
  return found;
}

const ours = (sentence) => (typeof catalog[SAID + sentence] === "string" ? catalog[SAID + sentence] : null);
const stopped = (clause, sentence) => `${lower(sentence) === sentence ? clause : upper(clause)}.`;
const lower = (words) => words.slice(0, 1).toLowerCase() + words.slice(1);
const upper = (words) => words.slice(0, 1).toUpperCase() + words.slice(1);
