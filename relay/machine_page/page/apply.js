// Used by the page and by the server: both have the same idea of what a change does.

/**
 * The state after a change; what it does not touch is shared with the state before.
 *
 * @param {any} state
 * @param {{ readonly path: readonly string[], readonly value?: any }} change
 * @returns {any}
 */
export function applyChange(state, { path: [key, ...path], value }) {
  if (key === undefined) return value ?? null;
  const copy = Array.isArray(state) ? [...state] : { ...state };
  if (path.length > 0) copy[key] = applyChange(copy[key], { path, value });
  else if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
}
