/**
 * Puts previews into the HTML of a message, and leaves the rest of it as it is.
 *
 * @module
 */

import { escapeHtml, HtmlEdits } from "../messages/rendering/html_edits.ts";
import {
  type HtmlElement,
  type HtmlEnd,
  type HtmlVisitor,
  walkHtml,
} from "../messages/rendering/html_walk.ts";
import type { Camo } from "./camo.ts";
import type { LinkPreview } from "./preview.ts";
import { IMAGE_CLASS, PAGE_CLASS, previewHtml } from "./preview_html.ts";

/**
 * Puts previews behind the message, in the order of its links. Links that are only in quotes get
 * none, nor do those that have one. The title of a video on YouTube or Vimeo replaces a
 * link that shows its bare address.
 *
 * @param rendered The HTML of the message.
 * @param previews By link.
 * @returns The same HTML where there is nothing to change.
 */
export function insertPreviews(
  rendered: string,
  previews: ReadonlyMap<string, LinkPreview>,
  camo: Camo | undefined,
): string {
  const links = new Links();
  walkHtml(rendered, links);
  const edits = new HtmlEdits(rendered);
  const behind: string[] = [];
  for (const [link, found] of links.found) {
    const preview = previews.get(link);
    if (!preview) continue;
    const title = videoTitle(link, preview);
    if (title !== undefined && found.text === link) {
      edits.replace(found.start, found.end, escapeHtml(title));
    }
    const html = links.shown.has(link) ? undefined : previewHtml(link, preview, camo);
    if (html !== undefined) behind.push(`\n${html}`);
  }
  return edits.result() + behind.join("");
}

/** The places of videos, and what their titles begin with. */
const VIDEOS: readonly (readonly [host: RegExp, path: RegExp, name: string])[] = [
  [
    /^(?:[a-z]+\.)?youtube(?:-nocookie)?\.com$/,
    /^\/(?:watch(?:_popup)?\?(?:.*&)?v=|v\/|embed\/|shorts\/|live\/)[\w-]{11}/,
    "YouTube",
  ],
  [/^youtu\.be$/, /^\/[\w-]{11}/, "YouTube"],
  [/^(?:www\.|player\.)?vimeo\.com$/, /^\/(?:[\w/]+\/)?\d+/, "Vimeo"],
];

/** The text of a link to a video; `undefined` if it is no such link, or has no title. */
export function videoTitle(link: string, { title }: LinkPreview): string | undefined {
  const url = URL.parse(link);
  if (!url || title === undefined) return undefined;
  const text = url.pathname + url.search;
  const video = VIDEOS.find(([host, path]) => host.test(url.hostname) && path.test(text));
  return video && `${video[2]} - ${title}`;
}

/** The first place of a link outside of quotes. */
interface Found {
  /** Of what it shows. */
  readonly start: number;
  end: number;
  /** What it shows, where that is text only. */
  text: string | undefined;
}

/** Finds the links of a message, and those that have a preview. */
class Links implements HtmlVisitor {
  /** The first place of each. */
  readonly found = new Map<string, Found>();
  /** Those that have a preview, also one that Zulip's rendering made. */
  readonly shown = new Set<string>();
  /** How many quotes, and previews, are open. */
  readonly #open = { quotes: 0, previews: 0 };
  #current: { readonly element: HtmlElement; readonly found: Found } | undefined;

  open(element: HtmlElement): void {
    if (this.#current) this.#current.found.text = undefined;
    if (element.name === "blockquote") this.#open.quotes++;
    if (isPreview(element)) this.#open.previews++;
    const href = element.name === "a" ? element.attributes.get("href")?.value : undefined;
    if (href === undefined || this.#open.quotes > 0) return;
    if (this.#open.previews > 0) this.shown.add(href);
    else if (!this.found.has(href)) this.#begin(href, element);
  }

  close(element: HtmlElement, { contentEnd }: HtmlEnd): void {
    if (element.name === "blockquote") this.#open.quotes--;
    if (isPreview(element)) this.#open.previews--;
    if (this.#current?.element !== element) return;
    this.#current.found.end = contentEnd;
    this.#current = undefined;
  }

  text(text: string): void {
    const found = this.#current?.found;
    if (found?.text !== undefined) found.text += text;
  }

  #begin(href: string, element: HtmlElement): void {
    const { contentStart } = element;
    const found = { start: contentStart, end: contentStart, text: "" };
    this.found.set(href, found);
    this.#current = { element, found };
  }
}

function isPreview({ name, attributes }: HtmlElement): boolean {
  if (name !== "div") return false;
  const classes = attributes.get("class")?.value.split(/\s+/) ?? [];
  return classes.includes(PAGE_CLASS) || classes.includes(IMAGE_CLASS);
}
