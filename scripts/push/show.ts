/**
 * What the push servers for development show of a request.
 *
 * @module
 */

import { parseJson } from "../../lib/json/parse_json.ts";
import { toJson } from "../../lib/json/to_json.ts";
import type { PushReceived } from "./script.ts";

/** The lines for a request. What could control a terminal is left out. */
export function pushLines({ service, what, status, headers, text }: PushReceived): string[] {
  const kind = headers["apns-push-type"];
  const lines = [
    `${service} ${what}${
      kind === undefined ? "" : ` (${kind}, priority ${headers["apns-priority"]})`
    }`,
    `  answered ${status === 0 ? "nothing" : status}`,
    ...valueLines(text),
  ];
  return lines.map((line) => line.replaceAll(/\p{Cc}/gu, " "));
}

/** One line for each key of JSON, or of a form. */
function valueLines(text: string): string[] {
  try {
    const value = Object.entries(parseJson(text) as Record<string, unknown>);
    return value.map(([key, each]) => `  ${key}: ${toJson(each)}`);
  } catch {
    return Array.from(new URLSearchParams(text), ([key, each]) => `  ${key}: ${each}`);
  }
}
