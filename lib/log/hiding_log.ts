/**
 * The log of a worker's event that has secrets.
 *
 * @module
 */

import { type Hide, HIDE_NOTHING } from "../errors/hide.ts";
import { redactValue } from "../errors/redact_value.ts";
import type { WorkerLog } from "../worker.ts";

/** A log that replaces secrets in the message and in all texts of the properties. */
export function hidingLog(log: WorkerLog, hide: Hide): WorkerLog {
  if (hide === HIDE_NOTHING) return log;
  const to = (write: WorkerLog["info"]): WorkerLog["info"] => (message, properties = {}) =>
    write(hide(message), hidden(redactValue(properties), hide) as Record<string, unknown>);
  return { debug: to(log.debug), info: to(log.info), warn: to(log.warn), error: to(log.error) };
}

/** @param value Plain data. */
function hidden(value: unknown, hide: Hide): unknown {
  if (typeof value === "string") return hide(value);
  if (Array.isArray(value)) return value.map((each) => hidden(each, hide));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [hide(name), hidden(each, hide)]),
  );
}
