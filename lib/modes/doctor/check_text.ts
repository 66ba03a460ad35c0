/**
 * The text of `check-config` about one check.
 *
 * @module
 */

import type { Found } from "../../operations/doctor/finding.ts";

const NOT_USED = "not used";

/** The finding that there is nothing to check. @param why Such as `EMAIL_HOST is not set`. */
export function notUsed(why: string): Found {
  return { level: "ok", message: `${NOT_USED} (${why})` };
}

/**
 * What a check has found, a line each. Where something is wrong, what is well is left out.
 */
export function checkText(found: readonly Found[]): string {
  const isWrong = found.some(({ level }) => level === "error");
  const shown = isWrong ? found.filter(({ level }) => level !== "ok") : found;
  return shown.map(lineOf).join("\n");
}

function lineOf({ level, message, fix }: Found, index: number): string {
  if (level === "ok") {
    if (message === "") return "ok";
    // What could be done is a remark on what stands before it.
    const isRemark = index > 0 && fix !== undefined;
    return isRemark || message.startsWith(NOT_USED) ? message : `ok (${message})`;
  }
  const text = fix === undefined ? message : `${message}; ${fix}`;
  return level === "warning" ? `warning: ${text}` : text;
}
