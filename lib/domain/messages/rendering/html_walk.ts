/**
 * A walk through HTML that knows where in the source each element is. It takes linear time for any
 * input, however deep its elements are.
 *
 * @module
 */

import { Tokenizer, type TokenizerCallbacks } from "htmlparser2";

/** An attribute. Positions count UTF-16 units from the start of the source. */
export interface HtmlAttribute {
  /** The value, decoded; `""` where there is none. */
  readonly value: string;
  /** Where its name begins. */
  readonly start: number;
  /** After its value and quote. */
  readonly end: number;
}

/** An element, as its start tag says. */
export interface HtmlElement {
  /** In lower case. */
  readonly name: string;
  /** Where `<` is. */
  readonly start: number;
  /** After the `>` of the start tag. */
  readonly contentStart: number;
  /** By name, in lower case, in the order of the source; of two with one name, the first. */
  readonly attributes: ReadonlyMap<string, HtmlAttribute>;
  /** How many elements are open around it. */
  readonly depth: number;
}

/** Where an element ends. */
export interface HtmlEnd {
  /** Where its end tag begins; where that is missing, what ended the element. */
  readonly contentEnd: number;
  /** After its end tag; equal to `contentEnd` where that is missing. */
  readonly end: number;
  /** Whether it has an end tag, or needs none. */
  readonly isClosed: boolean;
}

/** What a walk reports, in the order of the source. */
export interface HtmlVisitor {
  /** An element begins. `"stop"` ends the walk. */
  open(element: HtmlElement): "stop" | void;
  /** An element ends: by its end tag, with an element around it, or with the source. */
  close?(element: HtmlElement, end: HtmlEnd): void;
  /**
   * A piece of text, decoded.
   *
   * @param depth How many elements are open around it.
   */
  text?(text: string, depth: number): void;
}

/** The elements that have no contents and no end tag. */
const VOID = new Set(
  "area base br col embed hr img input link meta param source track wbr".split(" "),
);
const NO_ATTRIBUTES: ReadonlyMap<string, HtmlAttribute> = new Map();

/** Walks through HTML. What cannot be read as a tag is text, or nothing at all; it never fails. */
export function walkHtml(source: string, visitor: HtmlVisitor): void {
  const walk = new HtmlWalk(visitor);
  walk.write(source);
  walk.end();
}

/**
 * A walk through HTML that comes in pieces. Where a piece ends within an end tag, the end of that is
 * not known, and taken to be the end of the piece.
 */
export class HtmlWalk {
  readonly #walk: Walk;
  readonly #tokenizer: Tokenizer;

  /** @param visitor What it reports to. */
  constructor(visitor: HtmlVisitor) {
    this.#walk = new Walk(visitor);
    this.#tokenizer = new Tokenizer({}, this.#walk);
    this.#walk.stop = () => this.#tokenizer.pause();
  }

  /** Whether the visitor has stopped it. */
  get isStopped(): boolean {
    return !this.#tokenizer.running;
  }

  /** Goes on with the next piece, unless the walk was stopped. */
  write(piece: string): void {
    if (this.isStopped) return;
    this.#walk.source += piece;
    this.#tokenizer.write(piece);
  }

  /** Reports what is still open, unless the walk was stopped. */
  end(): void {
    this.#tokenizer.end();
  }
}

interface Tag {
  readonly name: string;
  readonly start: number;
  attributes: Map<string, HtmlAttribute> | undefined;
}

class Walk implements TokenizerCallbacks {
  stop: () => void = () => {};
  /** All of it so far: positions count from its start. */
  source = "";
  readonly #visitor: HtmlVisitor;
  readonly #open: HtmlElement[] = [];
  /** How many elements of a name are open. */
  readonly #counts = new Map<string, number>();
  /** The start tag that is being read. */
  #tag: Tag | undefined;
  /** The attribute that is being read. */
  #attribute = { name: "", value: "", start: 0 };

  constructor(visitor: HtmlVisitor) {
    this.#visitor = visitor;
  }

  ontext(start: number, end: number): void {
    this.#visitor.text?.(this.source.slice(start, end), this.#open.length);
  }

  ontextentity(codePoint: number): void {
    this.#visitor.text?.(String.fromCodePoint(codePoint), this.#open.length);
  }

  onopentagname(start: number, end: number): void {
    const name = this.source.slice(start, end).toLowerCase();
    this.#tag = { name, start: start - 1, attributes: undefined };
  }

  onattribname(start: number, end: number): void {
    this.#attribute = { name: this.source.slice(start, end).toLowerCase(), value: "", start };
  }

  onattribdata(start: number, end: number): void {
    this.#attribute.value += this.source.slice(start, end);
  }

  onattribentity(codePoint: number): void {
    this.#attribute.value += String.fromCodePoint(codePoint);
  }

  onattribend(_quote: unknown, end: number): void {
    const { name, value, start } = this.#attribute;
    if (!this.#tag) return;
    this.#tag.attributes ??= new Map();
    if (!this.#tag.attributes.has(name)) this.#tag.attributes.set(name, { value, start, end });
  }

  onopentagend(end: number): void {
    this.#begin(end + 1, VOID.has(this.#tag?.name ?? ""));
  }

  onselfclosingtag(end: number): void {
    this.#begin(end + 1, VOID.has(this.#tag?.name ?? "") || this.isInForeignContext());
  }

  onclosetag(start: number, nameEnd: number): void {
    const name = this.source.slice(start, nameEnd).toLowerCase();
    if (!this.#counts.get(name)) return;
    const contentEnd = start - 2;
    const bracket = this.source.indexOf(">", nameEnd);
    const end = bracket < 0 ? this.source.length : bracket + 1;
    while (this.#open.at(-1)?.name !== name) {
      this.#end({ contentEnd, end: contentEnd, isClosed: false });
    }
    this.#end({ contentEnd, end, isClosed: true });
  }

  onend(): void {
    const end = this.source.length;
    while (this.#open.length > 0) this.#end({ contentEnd: end, end, isClosed: false });
  }

  isInForeignContext(): boolean {
    return (this.#counts.get("svg") ?? 0) + (this.#counts.get("math") ?? 0) > 0;
  }

  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}

  #begin(contentStart: number, isEmpty: boolean): void {
    if (!this.#tag) return;
    const { name, start, attributes = NO_ATTRIBUTES } = this.#tag;
    this.#tag = undefined;
    const element = { name, start, contentStart, attributes, depth: this.#open.length };
    if (this.#visitor.open(element) === "stop") this.stop();
    this.#open.push(element);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (isEmpty) this.#end({ contentEnd: contentStart, end: contentStart, isClosed: true });
  }

  #end(end: HtmlEnd): void {
    const element = this.#open.pop();
    if (!element) return;
    this.#counts.set(element.name, (this.#counts.get(element.name) ?? 1) - 1);
    this.#visitor.close?.(element, end);
  }
}
