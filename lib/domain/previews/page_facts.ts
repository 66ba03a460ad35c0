/**
 * What a page says of itself: Open Graph, and what can be taken from its elements.
 *
 * @module
 */

import type { HtmlElement, HtmlVisitor } from "../messages/rendering/html_walk.ts";
import { descriptionOf, imageUrl, type PreviewTexts, titleOf } from "./preview.ts";

/** What a page says. */
export interface PageFacts extends PreviewTexts {
  /** Relative to the page. */
  readonly image?: string | undefined;
}

/** Elements that are open at once, beyond which a page is not read on. */
const MOST_OPEN = 1000;
/** The most characters of an element's text that are kept. */
const MOST_TEXT = 5000;
/** What relative addresses are checked with, before it is known where the page is. */
const ANYWHERE = "https://page.invalid/";

/** Elements that are in no head, though its end may not be marked. */
const OF_BODY = new Set(
  "body header main nav article section div h1 h2 p img a ul table".split(" "),
);

/** An element whose text is wanted. */
interface Wanted {
  readonly element: HtmlElement;
  text: string;
  isClosed: boolean;
}

type Property = "og:title" | "og:description" | "og:image" | "description";

/**
 * Collects what a page says while it is walked. The last of several `og:` properties counts, except
 * images whose address cannot be used. Where there is none, the title is that of `<title>`, else of
 * the first `<h1>`; the description is that of `<meta name="description">`, else the first `<p>`
 * after the first `<h1>`, else the first `<p>`; the image is the first among the elements by the
 * first `<h1>` that follow it.
 */
export class FactsCollector implements HtmlVisitor {
  readonly #properties = new Map<Property, string>();
  #title: Wanted | undefined;
  #heading: Wanted | undefined;
  #paragraph: Wanted | undefined;
  #laterParagraph: Wanted | undefined;
  #image: string | undefined;
  /** Those of them that are open, the innermost last. */
  readonly #open: Wanted[] = [];
  #isHeadOver = false;
  #isPastImages = false;

  /** Whether the rest of the page would change nothing. */
  get isEnough(): boolean {
    const { title, description, image } = this.facts(true);
    if (image === undefined) return this.#isPastImages && title !== undefined;
    return this.#isHeadOver && title !== undefined && description !== undefined;
  }

  /** What was found. @param closedOnly Only what is complete. */
  facts(closedOnly = false): PageFacts {
    const text = (wanted: Wanted | undefined) =>
      wanted?.isClosed || !closedOnly ? wanted?.text : undefined;
    const from = (name: Property) => this.#properties.get(name);
    return {
      title: titleOf(from("og:title")) ?? titleOf(text(this.#title)) ??
        titleOf(text(this.#heading)),
      description: descriptionOf(from("og:description")) ?? descriptionOf(from("description")) ??
        descriptionOf(text(this.#laterParagraph)) ??
        // Until the page has ended, there may be one behind a heading.
        (closedOnly ? undefined : descriptionOf(text(this.#paragraph))),
      image: from("og:image") ?? this.#image,
    };
  }

  open(element: HtmlElement): "stop" | void {
    if (element.depth >= MOST_OPEN) return "stop";
    if (OF_BODY.has(element.name)) this.#isHeadOver = true;
    switch (element.name) {
      case "meta":
        return this.#addMeta(element);
      case "title":
        this.#title ??= this.#want(element);
        return;
      case "h1":
        this.#heading ??= this.#want(element);
        return;
      case "p":
        this.#paragraph ??= this.#want(element);
        if (this.#heading) this.#laterParagraph ??= this.#want(element);
        return;
      case "img":
        return this.#addImage(element);
    }
  }

  close(element: HtmlElement): void {
    if (element.name === "head") this.#isHeadOver = true;
    while (this.#open.at(-1)?.element === element) {
      const closed = this.#open.pop();
      if (closed) closed.isClosed = true;
    }
    const heading = this.#heading?.element;
    if (heading && element.depth === heading.depth - 1) this.#isPastImages = true;
  }

  text(text: string): void {
    for (const each of this.#open) {
      if (each.text.length < MOST_TEXT) each.text += text;
    }
  }

  #want(element: HtmlElement): Wanted {
    const wanted = { element, text: "", isClosed: false };
    this.#open.push(wanted);
    return wanted;
  }

  #addMeta({ attributes }: HtmlElement): void {
    const content = attributes.get("content")?.value.slice(0, MOST_TEXT);
    const property = attributes.get("property")?.value.toLowerCase();
    const name = attributes.get("name")?.value.toLowerCase();
    if (content === undefined) return;
    if (property === "og:title" || property === "og:description") {
      this.#properties.set(property, content);
    } else if (property === "og:image" && imageUrl(content, ANYWHERE) !== undefined) {
      this.#properties.set(property, content);
    } else if (name === "description" && !this.#properties.has(name)) {
      this.#properties.set(name, content);
    }
  }

  #addImage({ attributes, depth }: HtmlElement): void {
    const heading = this.#heading;
    const src = attributes.get("src")?.value;
    if (!heading?.isClosed || this.#isPastImages || depth !== heading.element.depth) return;
    if (imageUrl(src, ANYWHERE) !== undefined) this.#image ??= src;
  }
}
