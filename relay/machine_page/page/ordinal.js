// Used by the page and by the server.

/**
 * "1st", "2nd", "11th".
 *
 * @param {number} number
 * @returns {string}
 */
export function ordinal(number) {
  const isTeen = Math.floor(number / 10) % 10 === 1;
  return number + (isTeen ? "th" : ["th", "st", "nd", "rd"][number % 10] ?? "th");
}
