/**
 * All of one dead letter, as text.
 *
 * @module
 */

import { HEADER } from "../../engine/broker/headers.ts";
import { failureFacts } from "../../operations/failed/dead_letter.ts";
import { type ListedEvent, plain } from "../../operations/failed/list.ts";
import { printable } from "./table.ts";

const INDENT = "  ";
/** Headers that have lines of their own. */
const SHOWN: ReadonlySet<string> = new Set([
  HEADER.reason,
  HEADER.errorName,
  HEADER.errorMessage,
  HEADER.errorStack,
  HEADER.failedAt,
  HEADER.firstFailedAt,
  HEADER.attempts,
  HEADER.retried,
  HEADER.retriedAt,
  HEADER.retriedBy,
]);

/** The lines: what happened, the headers, the stack, the body. */
export function eventText({ handle, fingerprint, shown }: ListedEvent): string[] {
  const { properties, bytes } = shown;
  const facts = failureFacts(shown);
  const { headers = {}, ...rest } = properties;
  const others = Object.entries(headers).filter(([name]) => !SHOWN.has(name));
  return [
    row("handle", handle),
    row("id", properties.messageId),
    row("group", fingerprint),
    row("reason", facts.reason),
    row("error", [facts.name, facts.message].filter(Boolean).join(": ")),
    row("failed at", facts.failedAt),
    row("first failed at", facts.firstFailedAt),
    row("attempts", facts.attempts || undefined),
    row("put back", putBack(facts, headers[HEADER.retriedAt])),
    ...section("properties", Object.entries(rest).map(([name, value]) => field(name, value))),
    ...section("headers", others.map(([name, value]) => field(name, value))),
    ...section("stack", facts.stack === "" ? [] : facts.stack.split("\n")),
    ...section(`body, ${bytes} bytes`, bodyLines(shown.body)),
  ].flatMap((line) => line === undefined ? [] : line.split("\n").map(printable));
}

function row(name: string, value: string | number | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  const [first = "", ...more] = String(value).split("\n");
  return [`${`${name}:`.padEnd(17)}${first}`, ...more.map((line) => INDENT + line)].join("\n");
}

function putBack({ retried, retriedBy }: ReturnType<typeof failureFacts>, at: unknown) {
  if (retried === 0) return undefined;
  const when = typeof at === "number" ? `, last at ${new Date(at).toISOString()}` : "";
  return `${retried} times${when}${retriedBy === "" ? "" : ` by ${retriedBy}`}`;
}

function section(title: string, lines: readonly (string | undefined)[]): string[] {
  const shown = lines.filter((line) => line !== undefined);
  return shown.length === 0 ? [] : [`${title}:`, ...shown.map((line) => INDENT + line)];
}

function field(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return `${name}: ${typeof value === "string" ? value : JSON.stringify(plain(value))}`;
}

/** The body with an indent, if it is JSON. */
function bodyLines(body: ListedEvent["shown"]["body"]): string[] {
  if ("body_base64" in body) return [`base64: ${body.body_base64}`];
  return indented(body.body).split("\n");
}

/** JSON over several lines; no number is parsed, as some have more digits than JavaScript keeps. */
function indented(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => `\n${INDENT.repeat(depth)}`;
  const parts = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
  return parts.map((part, index) => {
    const isEmpty = /[}\]]/.test(parts[index + 1] ?? "") && /[{[]/.test(part);
    if (isEmpty) return part;
    if (part === "{" || part === "[") return part + (depth++, line());
    if (part === "}" || part === "]") {
      return /[{[]/.test(parts[index - 1] ?? "") ? part : (depth--, line()) + part;
    }
    return part === "," ? part + line() : part === ":" ? ": " : part;
  }).join("");
}
