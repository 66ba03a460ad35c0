// @ts-check
/**
 * The command that does the same as a dialog.
 *
 * @module
 */

/** @typedef {{ all?: boolean, ids?: readonly string[], groups?: readonly string[], reasons?: readonly string[], error?: string, contains?: string, older_than?: number, newer_than?: number }} Filter */

/** So many handles are written out. */
const MOST_IDS = 3;

/**
 * The options of a filter.
 *
 * @param {Filter} filter
 * @returns {string[]}
 */
function optionsOf(filter) {
  const ids = filter.ids ?? [];
  return [
    ...(filter.all ? ["--all"] : []),
    ...list("--id", ids.length > MOST_IDS ? [...ids.slice(0, MOST_IDS), "…"] : ids),
    ...list("--group", filter.groups ?? []),
    ...list("--reason", filter.reasons ?? []),
    ...list("--error", [filter.error ?? filter.contains ?? ""].filter(Boolean)),
    ...list("--older-than", filter.older_than ? [`${filter.older_than}s`] : []),
    ...list("--newer-than", filter.newer_than ? [`${filter.newer_than}s`] : []),
  ];
}

/** @type {(option: string, values: readonly string[]) => string[]} */
function list(option, values) {
  return values.length === 0 ? [] : [option, ...values.map(quoted)];
}

// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;
// deno-lint-ignore no-control-regex
const SPECIAL = /[\u0000-\u001f\u007f-\u009f'\\]/g;

/** @param {string} sign */
function escaped(sign) {
  if (sign === "'" || sign === "\\") return `\\${sign}`;
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * A word as a shell reads it. Control characters are escaped, as in bash and zsh: pasted into a
 * terminal, they would be keys.
 *
 * @param {string} word
 * @returns {string}
 */
function quoted(word) {
  if (CONTROLS.test(word)) return `$'${word.replace(SPECIAL, escaped)}'`;
  return /^[\w./:@%+=,…-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * `process-queue failed retry QUEUE …`
 *
 * @param {{ action: "retry" | "drop", queue: string, filter: Filter, rate?: number | null, save?: boolean }} what
 * @returns {string}
 */
export function repairCommand({ action, queue, filter, rate, save = true }) {
  return [
    `process-queue failed ${action}`,
    quoted(queue),
    ...optionsOf(filter),
    ...(rate ? ["--rate", String(rate)] : []),
    ...(action === "drop" && !save ? ["--no-save"] : []),
  ].join(" ");
}

/**
 * `process-queue pause QUEUE …`
 *
 * @param {{ queue: string, reason?: string, seconds?: number | null }} what
 * @returns {string}
 */
export function pauseCommand({ queue, reason, seconds }) {
  return [
    "process-queue pause",
    quoted(queue),
    ...(reason ? ["--reason", quoted(reason)] : []),
    ...(seconds
      ? ["--for", seconds % 3600 === 0 ? `${seconds / 3600}h` : `${Math.ceil(seconds / 60)}m`]
      : []),
  ].join(" ");
}

/**
 * `process-queue publish QUEUE BODY`
 *
 * @param {string} queue
 * @param {string} body
 * @returns {string}
 */
export function publishCommand(queue, body) {
  return `process-queue publish ${quoted(queue)} ${quoted(body)}`;
}
