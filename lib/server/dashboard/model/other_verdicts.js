// @ts-check
/**
 * The verdicts on processes and on the checks.
 *
 * @module
 */

import { plural } from "../format.js";
import { sentence } from "./sentences.js";
import { calm } from "./verdict.js";

/** @typedef {import("./verdict.js").Verdict} Verdict */
/** @typedef {{ reachable: boolean, state: string | null, version: string | null }} Process */

/**
 * The word for the state of a process.
 *
 * @param {Process} process
 * @returns {string}
 */
export function processState({ reachable, state }) {
  if (!reachable) return "not heard from";
  return state === "stopping" ? "draining" : state ?? "unknown";
}

/**
 * The verdict on all processes.
 *
 * @param {readonly Process[]} processes
 * @returns {Verdict}
 */
export function processVerdict(processes) {
  const all = processes.length;
  if (all === 0) return calm("unknown", "No process runs on this host");
  const states = processes.map(processState);
  const silent = states.filter((state) => state === "not heard from").length;
  if (silent > 0) {
    const text = all === 1
      ? "The process does not answer"
      : `${silent} of ${all} processes ${silent === 1 ? "does" : "do"} not answer`;
    return { state: "not heard from", severity: "warning", text };
  }
  for (const state of ["draining", "quiet", "starting"]) {
    const some = states.filter((one) => one === state).length;
    if (some > 0) return calm(state, ofProcesses(some, all, state));
  }
  return calm("running", all === 1 ? "The process is running" : `${all} processes run`);
}

/** @type {(some: number, all: number, state: string) => string} */
function ofProcesses(some, all, state) {
  if (all === 1) return `The process is ${state}`;
  return `${some} of ${all} processes ${some === 1 ? "is" : "are"} ${state}`;
}

/**
 * The verdict on the findings of the checks.
 *
 * @param {readonly { level: string }[]} findings
 * @returns {Verdict}
 */
export function checksVerdict(findings) {
  const errors = findings.filter(({ level }) => level === "error").length;
  const warnings = findings.filter(({ level }) => level === "warning").length;
  if (errors + warnings === 0) return calm("ok", "Nothing to fix");
  const parts = [
    ...(errors > 0 ? [plural(errors, "error")] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
  ];
  const isError = errors > 0;
  return {
    state: isError ? "error" : "warning",
    severity: isError ? "critical" : "warning",
    text: parts.join(" and "),
  };
}

/** A program that a fix runs, and what of the fix is said of it. */
const COMMAND = /^((?:process-queue|rabbitmqctl|chmod|chown|kill) [^]*?)(, (?:and|which) [^]*)?$/;

/**
 * What mends a finding: a command as it is typed and what is said of it, or a sentence.
 *
 * @param {string} fix
 * @returns {{ command: string | null, text: string }}
 */
export function fixParts(fix) {
  const [, command = null, said = ""] = COMMAND.exec(fix) ?? [];
  if (command === null) return { command, text: sentence(fix) };
  return { command, text: said && `${said}.` };
}

/**
 * The words of a check that has passed: its area, and what was found there.
 *
 * @param {{ area: string, message: string }} finding
 * @returns {string}
 */
export function passedWords({ area, message }) {
  return area === "check" ? message : [area, message].filter(Boolean).join(": ");
}
