/**
 * A message in the text part of a mail: its Markdown, quoted.
 *
 * @module
 */

import { absoluteLink } from "./links.ts";
import type { MailReader } from "./mail_page.ts";

/** A link or a picture in Markdown without blanks; its address may have pairs of brackets. */
const LINK = /(?:(?<=^|\s)!)?\[[^\s[\]]*\]\(((?:[^\s()]|\([^\s()]*\))*)\)/g;
/** A file of a user where no address of a host is before it. */
const FILE = /(?<![^\s()[\]<>"'|*_~`,:;!])\/user_uploads\/(?=\S)/g;
/** A line that may open a fence: no other marks follow. As in Zulip, an indented line opens none. */
const FENCE = /^(`{3,}|~{3,})([^`~]*)$/;
/** What is in a fence, where the line says so; a header may follow. */
const KIND = /^\{?\.?([\w+,\-./#]+)/;
/** The kinds of fences with Markdown in them, in which other fences may be. */
const WITH_MARKDOWN = new Set(["spoiler", "quote", "quoted"]);
const SPOILER = "spoiler";

interface Fence {
  readonly marks: string;
  /** In lower case; empty where the line does not say it. */
  readonly kind: string;
  /** Whether it is a spoiler, or in one. */
  readonly isHidden: boolean;
}

/**
 * Changes a message for the text part of a mail: links are their addresses, files have the realm's
 * address, spoilers are hidden, and every line is quoted.
 *
 * @param content The message's `content`, Markdown.
 */
export function mailText(
  content: string,
  { realmUrl, spoilerText }: Pick<MailReader, "realmUrl" | "spoilerText">,
): string {
  const open: Fence[] = [];
  return linesOf(content).flatMap((line) => {
    const wasHidden = isHidden(open);
    step(open, line);
    if (wasHidden && isHidden(open)) return [];
    const shown = withAddresses(line, realmUrl);
    return isHidden(open) ? [shown, `(${spoilerText})`] : [shown];
  }).map((line) => `> ${line}`).join("\n");
}

/** How many spoilers a message has, those within others also. @param content As for {@linkcode mailText}. */
export function spoilersIn(content: string): number {
  const open: Fence[] = [];
  return linesOf(content).filter((line) => step(open, line)?.kind === SPOILER).length;
}

/** Lines as Zulip's Markdown has them. */
function linesOf(content: string): string[] {
  return content.split(/\r\n|[\n\r]/);
}

function withAddresses(line: string, realmUrl: string): string {
  return line
    .replaceAll(LINK, (_, url: string) => /^[/#]/.test(url) ? absoluteLink(url, realmUrl) : url)
    .replaceAll(FILE, (path) => absoluteLink(path, realmUrl));
}

/** Opens or closes a fence, as a line says, by Zulip's rules. Returns a fence that it opens. */
function step(open: Fence[], line: string): Fence | undefined {
  const inner = open.at(-1);
  if (inner && line.trimEnd() === inner.marks) {
    open.pop();
    return undefined;
  }
  if (inner && !WITH_MARKDOWN.has(inner.kind)) return undefined;
  const fence = fenceOf(line);
  if (!fence) return undefined;
  const opened = { ...fence, isHidden: fence.kind === SPOILER || isHidden(open) };
  open.push(opened);
  return opened;
}

function fenceOf(line: string): Pick<Fence, "marks" | "kind"> | undefined {
  const [, marks, more = ""] = FENCE.exec(line) ?? [];
  if (marks === undefined) return undefined;
  const said = more.replace(/^[ \t]+/, "");
  if (said === "") return { marks, kind: "" };
  const kind = KIND.exec(said)?.[1];
  return kind === undefined ? undefined : { marks, kind: kind.toLowerCase() };
}

function isHidden(open: readonly Fence[]): boolean {
  return open.at(-1)?.isHidden ?? false;
}
