/**
 * A picture of a trace: what its events tell, and the page for a browser that shows it.
 *
 * @module
 */
export * from "./picture_data.ts";
export * from "./picture_format.ts";
export * from "./picture_page.ts";
