/**
 * How important an event is. LTTng-UST, `tracepoint-event.h`: 0 to 7 are syslog's, 8 to 13 grades
 * of debugging, 14 says nothing.
 */
export const LOGLEVELS: Readonly<Record<LoglevelName, number>> = {
  emerg: 0,
  alert: 1,
  crit: 2,
  err: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug_system: 7,
  debug_program: 8,
  debug_process: 9,
  debug_module: 10,
  debug_unit: 11,
  debug_function: 12,
  debug_line: 13,
  debug: 14,
};

/** Names of the log levels, the most important first. */
export type LoglevelName =
  | "emerg"
  | "alert"
  | "crit"
  | "err"
  | "warning"
  | "notice"
  | "info"
  | "debug_system"
  | "debug_program"
  | "debug_process"
  | "debug_module"
  | "debug_unit"
  | "debug_function"
  | "debug_line"
  | "debug";
