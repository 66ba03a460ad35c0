/**
 * Reads a page as it comes, only as far as its preview needs it.
 *
 * @module
 */

import { HtmlWalk } from "../messages/rendering/html_walk.ts";
import { FactsCollector, type PageFacts } from "./page_facts.ts";
import { charsetOf, looksLikeHtml, PageText } from "./page_text.ts";

/** The most bytes of a page that are read. */
export const MOST_BYTES = 1024 * 1024;
/** How many characters are walked through before it is asked whether that is enough. */
const STEP = 4096;

/** Reads one page. */
export class PageReader {
  readonly #text: PageText;
  readonly #facts = new FactsCollector();
  readonly #walk = new HtmlWalk(this.#facts);
  #left = MOST_BYTES;
  /** Whether it is HTML, once that is known. */
  #isHtml: boolean | undefined;
  #isOver = false;

  /** @param contentType The header, if there is one. */
  constructor(contentType: string | undefined) {
    this.#text = new PageText(charsetOf(contentType));
  }

  /** Reads the next bytes. `"enough"`: nothing behind them is wanted. */
  write(bytes: Uint8Array): "more" | "enough" {
    if (this.#isOver) return "enough";
    const piece = bytes.subarray(0, this.#left);
    this.#left -= piece.length;
    this.#read(this.#text.write(piece));
    return this.#isOver || this.#left === 0 ? "enough" : "more";
  }

  /** What the page says, as far as it was read; `undefined` where it is no HTML. */
  end(): PageFacts | undefined {
    this.#read(this.#text.end());
    this.#walk.end();
    return this.#isHtml ? this.#facts.facts() : undefined;
  }

  #read(text: string): void {
    if (this.#isOver || text === "") return;
    this.#isHtml ??= looksLikeHtml(text);
    this.#isOver = !this.#isHtml;
    for (let at = 0; at < text.length && !this.#isOver; at += STEP) {
      this.#walk.write(text.slice(at, at + STEP));
      this.#isOver = this.#walk.isStopped || this.#facts.isEnough;
    }
  }
}
