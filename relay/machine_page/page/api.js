// What the page asks of the server.

/** Asks, and answers what came back; throws an `Error` with the server's words, or that there is none. */
async function ask(path, body) {
  const request = body && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, request).catch(() => {
    throw new Error("Cannot reach the machine: does “deno task machine” still run?");
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw Object.assign(new Error(answer.error), { status: response.status });
}

/** The story so far, and the scenarios. */
export const fetchStory = () => ask("/story");
/** Another machine, for a scenario or, with `null`, for none. */
export const load = (at, scenario) => ask("/load", { at, scenario });
/** Does something to the machine, which must be where the page believes it to be. */
export const perform = (at, command) => ask("/do", { at, command });
/** Plays the next stage of the scenario. */
export const playNext = (at) => ask("/next", { at });
