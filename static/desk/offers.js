// What the palette offers for what was typed. Pure.

const MOST = 8; // of each group, once something is typed; before that, of what there may be many, nothing

/** "anadir" is as good as "Añadir". */
const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Every word that was typed begins a word of what the entry says. */
export function answers(entry, typed) {
  const said = plain([entry.name, entry.where ?? "", entry.also ?? ""].join(" ")), words = said.split(/[\s,.()·+:]+/);
  return plain(typed).split(/\s+/).filter(Boolean).every((word) => words.some((each) => each.startsWith(word)) || (/\d/.test(word) && said.includes(word)));
}

/**
 * Groups to show: [{cap, entries, more}]. `sources`: [{cap, entries, many}]; an entry has at least {id, name}, and maybe `where`, `off` (why it
 * cannot be done now), `icon`, `caps` (its keys). Of `many` nothing is shown before something is typed. What can be done stands before what cannot.
 */
export function offered(sources, typed) {
  return sources.flatMap(({ cap, entries, many }) => {
    const found = many && !typed.trim() ? [] : entries.filter((entry) => answers(entry, typed));
    found.sort((one, other) => Boolean(one.off) - Boolean(other.off)); // and else as they came
    const shown = many ? found.slice(0, MOST) : found;
    return shown.length ? [{ cap, entries: shown, more: found.length - shown.length }] : [];
  });
}

/** One up or down, round and round; what cannot be done is gone to as well, for its reason. */
export const along = (count, place, step) => (count ? (Math.max(place, step > 0 ? -1 : 0) + step + count) % count : -1);
