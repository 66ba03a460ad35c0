/**
 * A message as a mail shows it: HTML that needs neither Zulip's styles nor a login.
 *
 * @module
 */

import { escapeHtml, HtmlEdits } from "./html_edits.ts";
import { type HtmlAttribute, type HtmlElement, type HtmlEnd, walkHtml } from "./html_walk.ts";
import { absoluteLink, isNarrow } from "./links.ts";
import type { MailPage, MailReader, OpenElement } from "./mail_page.ts";
import { imageLink, MAIL_RULES, PREVIEW } from "./mail_rules.ts";

/** A message as HTML for a mail. */
export interface MailHtml {
  readonly html: string;
  /** What could not be changed, as sentences for the log; at most three. */
  readonly warnings: readonly string[];
}

/** The attributes that hold a link. */
const LINKS = ["href", "src", "poster", "cite", "background"] as const;
const MOST_WARNINGS = 3;
/** A link in the attribute `style`, such as that of a website's picture. */
const STYLE_LINK = /(?<=\burl\(\s*["']?)\/[^"')\s]+/g;

/**
 * Changes a message for a mail. What no rule means stays byte for byte as it is; the time is linear
 * in the length.
 *
 * @param rendered The message's `rendered_content`, as the server made it.
 */
export function mailHtml(rendered: string, reader: MailReader): MailHtml {
  const walk = new MailWalk(rendered, reader);
  walkHtml(rendered, walk);
  return { html: walk.result(), warnings: [...walk.page.warnings].slice(0, MOST_WARNINGS) };
}

class MailWalk {
  readonly page: MailPage;
  /** The innermost open element that has a rule. */
  #inner: OpenElement | undefined;
  /** Whether the message has something beside complete previews. */
  #hasMore = false;

  constructor(source: string, reader: MailReader) {
    const edits = new HtmlEdits(source);
    this.page = { source, reader, edits, warnings: new Set(), loneImages: [] };
  }

  open(element: HtmlElement): void {
    const rule = MAIL_RULES.find(({ matches }) => matches(element, this.#inner));
    if (element.depth === 0 && rule !== PREVIEW) this.#hasMore = true;
    if (element.attributes.size > 0) makeLinksAbsolute(element, this.page);
    if (rule) this.#inner = { element, rule, outer: this.#inner, text: "" };
  }

  text(text: string, depth: number): void {
    if (depth === 0 && text.trim() !== "") this.#hasMore = true;
    if (this.#inner) this.#inner.text += text;
  }

  close(element: HtmlElement, end: HtmlEnd): void {
    const inner = this.#inner;
    if (element.depth === 0 && !end.isClosed) this.#hasMore = true;
    if (inner?.element !== element) return;
    this.#inner = inner.outer;
    inner.rule.close(inner, end, this.page);
  }

  result(): string {
    const { source, reader, edits, loneImages } = this.page;
    if (this.#hasMore) return edits.result();
    const links = new HtmlEdits(source);
    for (const { start, end, link } of loneImages) {
      links.replace(start, end, link ? `<p>${imageLink(link, reader)}</p>` : "");
    }
    return links.result();
  }
}

function makeLinksAbsolute(element: HtmlElement, { source, edits, reader }: MailPage): void {
  for (const [name, found] of element.attributes) {
    const value = newValue(name, found, element, reader.realmUrl);
    if (value === found.value) continue;
    const written = source.slice(found.start, found.start + name.length);
    edits.replace(found.start, found.end, `${written}="${escapeHtml(value)}"`);
  }
}

/** The value that an attribute gets; the same where it has no link. */
function newValue(
  name: string,
  { value }: HtmlAttribute,
  { attributes }: HtmlElement,
  realmUrl: string,
): string {
  if (LINKS.some((link) => link === name)) return absoluteLink(value, realmUrl);
  const href = attributes.get("href")?.value;
  if (name === "title" && href && isNarrow(href)) return absoluteLink(href, realmUrl);
  if (name !== "style") return value;
  return value.replaceAll(STYLE_LINK, (link) => absoluteLink(link, realmUrl));
}
