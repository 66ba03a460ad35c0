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
/** A line that opens or closes a fence. */
const FENCE = /^ *(`{3,}|~{3,}) *\{?\.?([^\s`~}]*)/;
/** The kinds of fences with Markdown in them, in which other fences may be. */
const WITH_MARKDOWN = new Set(["spoiler", "quote", "quoted"]);

interface Fence {
  readonly marks: string;
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
  return content.split(/\r\n|[\n\r]/).flatMap((line) => {
    const wasHidden = isHidden(open);
    step(open, line);
    if (wasHidden && isHidden(open)) return [];
    const shown = withAddresses(line, realmUrl);
    return isHidden(open) ? [shown, `(${spoilerText})`] : [shown];
  }).map((line) => `> ${line}`).join("\n");
}

function withAddresses(line: string, realmUrl: string): string {
  return line
    .replaceAll(LINK, (_, url: string) => /^[/#]/.test(url) ? absoluteLink(url, realmUrl) : url)
    .replaceAll(FILE, (path) => absoluteLink(path, realmUrl));
}

/** Opens or closes a fence, as a line says. */
function step(open: Fence[], line: string): void {
  const [, marks, kind = ""] = FENCE.exec(line) ?? [];
  if (marks === undefined) return;
  const inner = open.at(-1);
  if (inner && line.trim() === inner.marks) open.pop();
  else if (!inner || WITH_MARKDOWN.has(inner.kind)) {
    open.push({ marks, kind, isHidden: kind === "spoiler" || isHidden(open) });
  }
}

function isHidden(open: readonly Fence[]): boolean {
  return open.at(-1)?.isHidden ?? false;
}
