/**
 * Turns the HTML of a mail into Markdown. It takes linear time for any input, except that lists and
 * quotes are nested to some depth only. Pure.
 *
 * @module
 */

import { type HtmlElement, type HtmlVisitor, walkHtml } from "../messages/rendering/html_walk.ts";
import { quotationElement } from "./html_quotations.ts";
import { type LinkStart, MarkdownLines } from "./markdown_lines.ts";
import { QUOTATION_MARK } from "./quotations.ts";

/** Elements whose contents are not shown. */
const HIDDEN = new Set(
  "head style script title template noscript object iframe svg math".split(" "),
);
const BLOCKS = new Set(
  "div section article header footer main address center tr table tbody thead form fieldset dl dt dd figure figcaption"
    .split(" "),
);
const SIGNS: Readonly<Record<string, string>> = {
  b: "**",
  strong: "**",
  i: "*",
  em: "*",
  s: "~~",
  strike: "~~",
  del: "~~",
  code: "`",
};
const HIDING =
  /display:\s*none|visibility:\s*hidden|max-height:\s*0(?:px)?\s*(?:;|$)|mso-hide:\s*all/i;
/** Deeper quotes and lists are not indented further, and deeper emphasis has no signs. */
const DEEPEST = 8;

/**
 * The Markdown of a mail.
 *
 * @returns Quoted parts are lines with `>`. What introduces them has a `QUOTATION_MARK` before it, where
 * the mail's program has marked it.
 */
export function htmlToMarkdown(html: string): string {
  const writer = new Writer();
  walkHtml(html, writer);
  return writer.result();
}

interface List {
  next: number | undefined;
}

class Writer implements HtmlVisitor {
  readonly #lines = new MarkdownLines();
  /** The depth of the element that hides what is in it. */
  #hiddenFrom: number | undefined;
  #preDepth = 0;
  #quotes = 0;
  readonly #lists: List[] = [];
  /** The elements whose signs are open. */
  readonly #signed = new Set<HtmlElement>();
  /** The links that are open, by their element. */
  readonly #links = new Map<HtmlElement, { readonly start: LinkStart; readonly address: string }>();

  open(element: HtmlElement): void {
    if (this.#hiddenFrom !== undefined) return;
    if (isHidden(element)) {
      this.#hiddenFrom = element.depth;
      return;
    }
    this.#openQuotation(element);
    this.#openBlock(element);
    this.#openInline(element);
  }

  close(element: HtmlElement): void {
    if (this.#hiddenFrom !== undefined) {
      if (element.depth <= this.#hiddenFrom) this.#hiddenFrom = undefined;
      return;
    }
    this.#closeInline(element);
    this.#closeBlock(element);
    const quotation = quotationElement(element);
    if ((quotation === "quoted" || quotation === "both") && this.#quotes-- <= DEEPEST) {
      this.#lines.quote(-1);
    }
  }

  text(text: string): void {
    if (this.#hiddenFrom !== undefined) return;
    if (this.#preDepth === 0) return this.#lines.text(text);
    for (const [at, line] of text.split("\n").entries()) {
      if (at > 0) this.#lines.hardBreak();
      this.#lines.raw(line);
    }
  }

  result(): string {
    return this.#lines.result();
  }

  #openQuotation(element: HtmlElement): void {
    const quotation = quotationElement(element);
    if (quotation === "begins" || quotation === "both") this.#lines.mark(QUOTATION_MARK);
    if (quotation !== "quoted" && quotation !== "both") return;
    if (++this.#quotes <= DEEPEST) this.#lines.quote(1);
  }

  #openBlock(element: HtmlElement): void {
    const { name } = element;
    if (BLOCKS.has(name)) return this.#lines.newLine();
    if (name === "p") return isOutlooks(element) ? this.#lines.newLine() : this.#lines.paragraph();
    if (/^h[1-6]$/.test(name)) {
      this.#lines.paragraph();
      return this.#lines.begin(`${"#".repeat(Number(name[1]))} `);
    }
    if (name === "pre") {
      this.#lines.paragraph();
      if (this.#preDepth++ === 0) this.#lines.verbatim("```");
    }
    if (name === "ul" || name === "ol") this.#openList(name);
    if (name === "li") this.#openItem();
  }

  #openList(name: "ul" | "ol"): void {
    if (this.#lists.length === 0) this.#lines.paragraph();
    else if (this.#lists.length <= DEEPEST) this.#lines.indent(2);
    this.#lists.push({ next: name === "ol" ? 1 : undefined });
  }

  #openItem(): void {
    const list = this.#lists.at(-1);
    this.#lines.begin(list?.next === undefined ? "* " : `${list.next++}. `);
  }

  #openInline(element: HtmlElement): void {
    const { name } = element;
    if (name === "br") return this.#lines.hardBreak();
    if (name === "hr") return this.#rule();
    if (name === "img") return this.#picture(element);
    if (name === "td" || name === "th") return this.#lines.separate(" | ");
    const sign = signOf(element);
    if (sign !== undefined && this.#preDepth === 0 && this.#signed.size < DEEPEST) {
      this.#signed.add(element);
      this.#lines.openSign(sign);
    }
    if (name !== "a") return;
    const address = linkAddress(valueOf(element, "href"));
    if (address !== undefined && this.#links.size === 0) {
      this.#links.set(element, { start: this.#lines.openLink(), address });
    }
  }

  #rule(): void {
    this.#lines.paragraph();
    this.#lines.verbatim("---");
    this.#lines.paragraph();
  }

  /** A picture of the web is a link; one that only counts readers is nothing. */
  #picture(element: HtmlElement): void {
    const address = linkAddress(valueOf(element, "src"));
    const alt = valueOf(element, "alt").trim();
    const isTiny = ["width", "height"].some((side) => /^[01](?:px)?$/.test(valueOf(element, side)));
    if (isTiny) return;
    if (this.#links.size > 0 || address === undefined) return this.#lines.text(alt);
    const start = this.#lines.openLink();
    this.#lines.text(alt || fileName(address));
    this.#lines.closeLink(start, address);
  }

  #closeInline(element: HtmlElement): void {
    if (this.#signed.delete(element)) this.#lines.closeSign();
    const link = this.#links.get(element);
    if (!link) return;
    this.#links.delete(element);
    this.#lines.closeLink(link.start, link.address);
  }

  #closeBlock(element: HtmlElement): void {
    const { name } = element;
    if (BLOCKS.has(name) || name === "li") return this.#lines.newLine();
    if (name === "p") return isOutlooks(element) ? this.#lines.newLine() : this.#lines.paragraph();
    if (/^h[1-6]$/.test(name)) return this.#lines.paragraph();
    if (name === "pre") {
      if (--this.#preDepth === 0) this.#lines.verbatim("```");
      return this.#lines.paragraph();
    }
    if (name !== "ul" && name !== "ol") return;
    this.#lists.pop();
    if (this.#lists.length === 0) this.#lines.paragraph();
    else if (this.#lists.length <= DEEPEST) this.#lines.indent(-2);
  }
}

function signOf(element: HtmlElement): string | undefined {
  return Object.hasOwn(SIGNS, element.name) ? SIGNS[element.name] : undefined;
}

function isHidden(element: HtmlElement): boolean {
  return HIDDEN.has(element.name) || HIDING.test(valueOf(element, "style"));
}

/** Outlook's paragraphs are lines. */
function isOutlooks(element: HtmlElement): boolean {
  return /MsoNormal|MsoPlainText|MsoListParagraph/.test(valueOf(element, "class"));
}

function linkAddress(text: string): string | undefined {
  const address = text.trim();
  if (!/^(?:https?:\/\/|mailto:)[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*$/i.test(address)) {
    return undefined;
  }
  return address;
}

function fileName(address: string): string {
  return URL.parse(address)?.pathname.split("/").at(-1) || "picture";
}

function valueOf({ attributes }: HtmlElement, name: string): string {
  return attributes.get(name)?.value ?? "";
}
