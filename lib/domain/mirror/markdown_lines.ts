/**
 * Writes Markdown line by line: prefixes of quotes and lists, white space that collapses, and signs
 * of emphasis around words.
 *
 * @module
 */

/** A sign such as `**`, which is written before the next word. */
interface Sign {
  readonly text: string;
  /** After the sign in its line; `undefined`: it is not written. */
  end: number | undefined;
}

/**
 * Longer lines take no more text, in UTF-16 units: a message has 10,000 code points, and each link
 * and each space copies the line.
 */
const MOST_LINE = 20_000;

/** Where a link began. */
export interface LinkStart {
  readonly line: number;
  readonly column: number;
}

/** Markdown that grows. */
export class MarkdownLines {
  readonly #lines: string[] = [];
  #line = "";
  #needsSpace = false;
  /** What comes before the next text of the line, such as ` | `. */
  #separator = "";
  #wantsBlank = false;
  /** Comes before the next line that has text: the sign of a list or a heading. */
  #begin = "";
  #mark = "";
  #quotes = 0;
  /** Of the line before. */
  #lastQuotes = 0;
  #indent = 0;
  readonly #signs: Sign[] = [];

  /** Adds text, whose white space collapses. What comes after the first 20,000 units is left out. */
  text(text: string): void {
    if (this.#line.length > MOST_LINE) return;
    const words = text.replace(/[\s\u00ad\u034f\u200b\u200c\ufeff]+/g, " ");
    if (words === "") return;
    if (words === " ") {
      this.#needsSpace ||= this.#line !== "";
      // So programs write blank lines.
      if (this.#line === "" && text.includes("\u00a0")) this.#wantsBlank = this.#lines.length > 0;
      return;
    }
    const starts = words.startsWith(" ");
    this.#prepare(starts);
    this.#line += words.trim();
    this.#needsSpace = words.endsWith(" ");
  }

  /** Adds text as it is, without a line end; see {@linkcode text}. */
  raw(text: string): void {
    if (this.#line.length <= MOST_LINE) this.#line += text;
  }

  /** Adds a line as it is. */
  verbatim(line: string): void {
    this.newLine();
    this.#push(line);
  }

  /** Ends the line, if it has text. */
  newLine(): void {
    this.#needsSpace = false;
    this.#separator = "";
    if (this.#line === "") return;
    this.#closeSigns();
    this.#push(this.#line);
    this.#line = "";
  }

  /** Ends the line, and makes it a blank one if it has no text. */
  hardBreak(): void {
    if (this.#line === "") this.#wantsBlank = this.#lines.length > 0;
    this.newLine();
  }

  /** Ends the line; a blank one follows. */
  paragraph(): void {
    this.newLine();
    this.#wantsBlank = this.#lines.length > 0;
  }

  /** What stands between this text and the next one of the same line. */
  separate(separator: string): void {
    if (this.#line !== "") this.#separator = separator;
  }

  /** Begins the next line with a sign. */
  begin(sign: string): void {
    this.newLine();
    this.#begin = sign;
  }

  /** Puts a mark before the next line. */
  mark(mark: string): void {
    this.newLine();
    this.#mark = mark;
  }

  /** Lines from now on are quoted so many levels more. */
  quote(levels: number): void {
    this.paragraph();
    this.#quotes += levels;
  }

  /** Lines from now on are indented by so many spaces more. */
  indent(spaces: number): void {
    this.newLine();
    this.#indent += spaces;
  }

  /** Puts a sign before the next word. */
  openSign(text: string): void {
    this.#signs.push({ text, end: undefined });
  }

  /** Ends what the last sign began. */
  closeSign(): void {
    const sign = this.#signs.pop();
    if (sign) this.#end(sign);
  }

  /** Where a link begins. */
  openLink(): LinkStart {
    this.#prepare(false);
    return { line: this.#lines.length, column: this.#line.length };
  }

  /** Makes a link of what was written since. A link of several lines comes behind them. */
  closeLink(start: LinkStart, address: string): void {
    const isOneLine = start.line === this.#lines.length && start.column <= this.#line.length;
    const label = isOneLine ? this.#line.slice(start.column).trim() : "";
    if (label === "") {
      if (!isOneLine) this.text(` <${address}> `);
      return;
    }
    const isAddress = label === address || `mailto:${label}` === address ||
      address.replace(/^https?:\/\//, "").replace(/\/$/, "") === label;
    if (isAddress) return;
    const written = `[${label.replace(/[[\]]/g, "\\$&")}](${address})`;
    this.#line = this.#line.slice(0, start.column) + written;
  }

  /** All lines. */
  result(): string {
    this.newLine();
    return this.#lines.join("\n");
  }

  #prepare(hasSpace: boolean): void {
    if (this.#line === "") this.#needsSpace = false;
    else if (this.#separator !== "") this.#line = this.#line.trimEnd() + this.#separator;
    else if (hasSpace || this.#needsSpace) this.#line = `${this.#line.trimEnd()} `;
    this.#separator = "";
    this.#needsSpace = false;
    for (const sign of this.#signs) {
      if (sign.end !== undefined) continue;
      this.#line += sign.text;
      sign.end = this.#line.length;
    }
  }

  /** Signs do not reach over the end of a line: in the next one they are written again. */
  #closeSigns(): void {
    for (const sign of this.#signs.toReversed()) this.#end(sign);
  }

  /** A sign with nothing behind it is removed. */
  #end(sign: Sign): void {
    if (sign.end === undefined) return;
    if (sign.end === this.#line.length) this.#line = this.#line.slice(0, -sign.text.length);
    else this.#line += sign.text;
    sign.end = undefined;
  }

  #push(line: string): void {
    const prefix = "> ".repeat(this.#quotes);
    const blank = "> ".repeat(Math.min(this.#quotes, this.#lastQuotes)).trim();
    if (this.#wantsBlank && this.#lines.length > 0) this.#lines.push(blank);
    this.#wantsBlank = false;
    this.#lastQuotes = this.#quotes;
    const indent = " ".repeat(this.#indent);
    this.#lines.push(`${this.#mark}${prefix}${indent}${this.#begin}${line}`);
    this.#begin = "";
    this.#mark = "";
  }
}
