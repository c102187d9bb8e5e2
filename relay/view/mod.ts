/**
 * What a person sees of a trace: which events, as text in several forms, and figures of them: what
 * the commands `view` and `convert` are made of. It is not exported: programs read traces by `@ltt/relay/ctf`.
 *
 * @module
 */
export * from "./babeltrace_text.ts";
export * from "./between.ts";
export { ChromeJson } from "./chrome_json.ts";
export * from "./colors.ts";
export * from "./column_text.ts";
export * from "./declared_names.ts";
export * from "./duration_figures.ts";
export * from "./event_filter.ts";
export * from "./event_text.ts";
export * from "./event_values.ts";
export * from "./expression.ts";
export * from "./expression_help.ts";
export { ExpressionError } from "./expression_tokens.ts";
export * from "./follower.ts";
export * from "./histogram.ts";
export { JsonText } from "./json_text.ts";
export * from "./opened_traces.ts";
export * from "./origins.ts";
export * from "./pairs.ts";
export * from "./slowest.ts";
export * from "./statistics.ts";
export * from "./statistics_json.ts";
export * from "./statistics_text.ts";
export type { TextStyle } from "./text_style.ts";
export * from "./text_search.ts";
export * from "./time_bounds.ts";
export * from "./trace_files.ts";
export * from "./trace_names.ts";
export type { Path, Step, ValueSource } from "./value_source.ts";
