/**
 * A message as plain text, for a notification on a phone.
 *
 * @module
 */

import { type HtmlElement, walkHtml } from "./html_walk.ts";
import { isNarrow } from "./links.ts";
import { attribute, classesOf } from "./mail_page.ts";

/** Code points of a message that a notification shows. */
const LONGEST = 200;
/** UTF-16 units that are kept of a piece; what is behind them is never shown. */
const LONGEST_PIECE = 20_000;
/** How many levels of nested quotations and lists are distinguished. */
const DEEPEST = 20;
const EMOJI_CODE = /^emoji-([0-9a-f]{2,6}(?:-[0-9a-f]{2,6})*)$/;
const HIDDEN = "(…)";
const CUT = "[…]";

/** A part of a message whose text is changed when it is complete. */
interface Frame {
  readonly element: HtmlElement | undefined;
  readonly kind: keyof typeof KINDS;
  text: string;
  /** The number of a list's next item. */
  next: number;
  /** How many numbered lists are around it. */
  readonly level: number;
}

/** What stands directly in a message. */
interface Piece {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** What a complete part becomes. @param outer What it is in. */
const KINDS = {
  piece: ({ text }: Frame) => text,
  quote: ({ text }: Frame) => linesOf(text).map((line) => `> ${line}`).join("\n"),
  numbered: ({ text }: Frame) => linesOf(text).join("\n"),
  bullets: ({ text }: Frame) => text,
  item({ text, level }: Frame, outer: Frame): string {
    if (outer.kind !== "numbered") return text;
    return `${"  ".repeat(Math.max(level - 1, 0))}${outer.next++}. ${text.trim()}`;
  },
  spoiler: ({ text }: Frame) => [text.trim(), HIDDEN].filter(Boolean).join(" "),
};

/**
 * The text of a message, at most 200 code points; a longer one ends with `…` after them.
 *
 * @param rendered The message's `rendered_content`, as the server made it.
 */
export function pushText(rendered: string): string {
  const walk = new PushWalk();
  walkHtml(rendered, walk);
  const points = [...withoutQuotations(walk.pieces()).slice(0, LONGEST_PIECE)];
  return points.length > LONGEST ? `${points.slice(0, LONGEST).join("")}…` : points.join("");
}

class PushWalk {
  readonly #pieces: Piece[] = [];
  #frames: [Frame, ...Frame[]] = [frame("piece", undefined, 0)];
  /** The element whose text is not shown. */
  #silent: HtmlElement | undefined;
  /** The source of a formula that is open. */
  #source: HtmlElement | undefined;
  /** The classes and links that a paragraph has so far, to know what only says who is quoted. */
  #marks = { mentions: 0, links: 0 };

  open(element: HtmlElement): void {
    if (element.depth === 0) this.#endPiece(false);
    if (this.#silent) {
      if (element.name === "annotation" && classesOf(this.#silent).includes("katex")) {
        this.#source = element;
      }
      return;
    }
    this.#note(element);
    const replaced = replacement(element);
    if (replaced !== undefined) {
      this.#add(replaced);
      this.#silent = element;
    }
    const kind = kindOf(element);
    if (!kind || this.#frames.length > DEEPEST) return;
    const level = this.#frames.filter((one) => one.kind === "numbered").length;
    this.#frames.push(frame(kind, element, level));
  }

  text(text: string): void {
    if (!this.#silent || this.#source) this.#add(text);
  }

  close(element: HtmlElement): void {
    if (this.#silent === element) this.#silent = undefined;
    if (this.#source === element) this.#source = undefined;
    const [inner, outer] = [this.#frames.at(-1), this.#frames.at(-2)];
    if (inner && outer && inner.element === element) {
      this.#frames.pop();
      this.#add(KINDS[inner.kind](inner, outer));
    }
    if (element.depth === 0) {
      this.#endPiece(element.name === "blockquote" || this.#isSaying(element));
    }
  }

  /** What stands directly in the message, in its order. */
  pieces(): readonly Piece[] {
    this.#endPiece(false);
    return this.#pieces;
  }

  #add(text: string): void {
    const inner = this.#frames.at(-1);
    if (inner && inner.text.length < LONGEST_PIECE) inner.text += text;
  }

  #note(element: HtmlElement): void {
    const classes = classesOf(element);
    if (classes.includes("user-mention") && classes.includes("silent")) this.#marks.mentions++;
    if (element.name === "a" && isNarrow(attribute(element, "href") ?? "")) this.#marks.links++;
  }

  /** Whether a paragraph only names who said what is quoted. */
  #isSaying({ name }: HtmlElement): boolean {
    const { mentions, links } = this.#marks;
    const isIntroduction = this.#frames[0].text.trim().endsWith(":");
    return name === "p" && mentions === 1 && links === 1 && isIntroduction;
  }

  #endPiece(isQuoted: boolean): void {
    const text = this.#frames[0].text.trim();
    if (text !== "") this.#pieces.push({ text, isQuoted });
    this.#frames = [frame("piece", undefined, 0)];
    this.#marks = { mentions: 0, links: 0 };
  }
}

function frame(kind: Frame["kind"], element: HtmlElement | undefined, level: number): Frame {
  const start = element && attribute(element, "start");
  const next = start && /^\d{1,9}$/.test(start) ? Number(start) : 1;
  return { element, kind, text: "", next, level };
}

function kindOf(element: HtmlElement): Frame["kind"] | undefined {
  if (classesOf(element).includes("spoiler-header")) return "spoiler";
  const kinds: Record<string, Frame["kind"]> = {
    blockquote: "quote",
    ol: "numbered",
    ul: "bullets",
    li: "item",
  };
  return Object.hasOwn(kinds, element.name) ? kinds[element.name] : undefined;
}

/** What stands for an element instead of its text; `undefined` where its text does. */
function replacement(element: HtmlElement): string | undefined {
  const classes = classesOf(element);
  if (classes.includes("katex") || classes.includes("spoiler-content")) return "";
  if (element.name === "img") return attribute(element, "alt") ?? "";
  return classes.includes("emoji") ? emojiOf(classes) : undefined;
}

function emojiOf(classes: readonly string[]): string | undefined {
  const code = classes.map((name) => EMOJI_CODE.exec(name)?.[1]).find(Boolean);
  const points = code?.split("-").map((point) => parseInt(point, 16)) ?? [];
  const isKnown = points.length > 0 && points.every((point) => point <= 0x10ffff);
  return isKnown ? String.fromCodePoint(...points) : undefined;
}

/** Quotations that stand beside words of the sender's own are only marked. */
function withoutQuotations(pieces: readonly Piece[]): string {
  const isMixed = pieces.some(({ isQuoted }) => isQuoted) &&
    pieces.some(({ isQuoted }) => !isQuoted);
  const kept = pieces.filter(({ isQuoted }, at) =>
    !isMixed || !isQuoted || !pieces[at - 1]?.isQuoted
  );
  return kept.map(({ text, isQuoted }) => isMixed && isQuoted ? CUT : text).join("\n");
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
