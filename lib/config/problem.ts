/**
 * The problems of a configuration.
 *
 * @module
 */

import { visible } from "../errors/visible.ts";

/** One problem of a setting. It holds no secret. */
export interface Problem {
  /** The setting as its user gave it: a variable, an option or a file. */
  readonly setting: string;
  /** The problem. */
  readonly wrong: string;
  /** The remedy. */
  readonly fix: string;
}

/** The configuration cannot be used. The message lists every problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Every problem, at least one. */
  readonly problems: readonly Problem[];
  /** @param problems Every problem, at least one. */
  constructor(problems: readonly Problem[]) {
    super(messageOf(problems.map(sentence)));
    this.problems = problems;
  }
}

/** A problem as one line: `SETTING: what is wrong; what to do`. No character is invisible. */
export function sentence({ setting, wrong, fix }: Problem): string {
  return visible(`${setting}: ${wrong}; ${fix}`);
}

function messageOf(lines: readonly string[]): string {
  if (lines.length === 1) return `the configuration has a problem: ${lines[0]}`;
  return [`the configuration has ${lines.length} problems:`, ...lines].join("\n  ");
}
