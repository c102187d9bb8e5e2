/**
 * Matches names against a pattern in which `*` stands for any text, also for none, and every other
 * character for itself, as in `lttng enable-event`.
 */
export function glob(pattern: string): (name: string) => boolean {
  const [first, ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return (name) => name === first;
  return (name) => {
    if (!name.startsWith(first)) return false;
    let at = first.length;
    for (const text of others) {
      const found = name.indexOf(text, at);
      if (found < 0) return false;
      at = found + text.length;
    }
    return name.length - last.length >= at && name.endsWith(last);
  };
}
