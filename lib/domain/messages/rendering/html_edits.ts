/**
 * Changes to HTML that leave the rest of it byte for byte as it is.
 *
 * @module
 */

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const SIGNS: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML, also within quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign);
}

/**
 * A start tag.
 *
 * @param attributes Names and values, in order; those that are `undefined` are left out.
 */
export function startTag(
  name: string,
  attributes: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const written = attributes.filter(([, value]) => value !== undefined)
    .map(([key, value = ""]) => ` ${key}="${escapeHtml(value)}"`);
  return `<${name}${written.join("")}>`;
}

/** Edits of a source, made from its start to its end. */
export class HtmlEdits {
  readonly #source: string;
  /** In the order of the source; none overlaps another. */
  readonly #edits: Edit[] = [];

  /** @param source What is changed. */
  constructor(source: string) {
    this.#source = source;
  }

  /**
   * Replaces a part of the source. Earlier edits at or behind `start` are forgotten: they are in
   * the element that is replaced.
   *
   * @param text HTML.
   */
  replace(start: number, end: number, text: string): void {
    while ((this.#edits.at(-1)?.start ?? -1) >= start) this.#edits.pop();
    this.#edits.push({ start, end, text });
  }

  /** The source with all edits. */
  result(): string {
    const pieces: string[] = [];
    let at = 0;
    for (const { start, end, text } of this.#edits) {
      pieces.push(this.#source.slice(at, start), text);
      at = end;
    }
    pieces.push(this.#source.slice(at));
    return pieces.join("");
  }
}
