// The desk is put together from parts. One that does not load or breaks is told of by fault.js, and leaves the others at work.

const told = new Set();

/** The first fault of a part goes to who looks after the desk as well: its console. */
function fault(name, error) {
  if (told.has(name)) return;
  told.add(name);
  console.error(error);
  dispatchEvent(new CustomEvent("fault", { detail: name }));
}

/** {part: promise of its module} → {part: module}; of one that does not come an empty one. */
export async function arrived(coming) {
  const came = Object.entries(coming).map(async ([name, module]) => [name, await module.catch((error) => { fault(name, error); return {}; })]);
  return Object.fromEntries(await Promise.all(came));
}

/** What `deed()` gives; `instead()` if it throws, or if what it promised does not come. */
export function attempt(name, deed, instead = () => undefined) {
  const failed = (error) => { fault(name, error); return instead(); };
  try {
    const done = deed();
    return done instanceof Promise ? done.catch(failed) : done;
  } catch (error) {
    return failed(error);
  }
}

/** Stands in for a part that is not there: is what `looks` says, and does nothing whatever else it is told to. */
export const absent = (looks = {}) => new Proxy(looks, { get: (held, name) => (name in held ? held[name] : name === "then" ? undefined : () => undefined) });
