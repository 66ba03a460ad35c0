/**
 * Removes known texts from texts that people read.
 *
 * @module
 */

import { MASK } from "./redact.ts";

/** A function that replaces secrets in a text. */
export type Hide = (text: string) => string;

/** Replaces nothing. */
export const HIDE_NOTHING: Hide = (text) => text;

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;
/** The fewest characters of a secret: shorter texts are in many words. */
const LEAST = 4;
/** The length from which parts of a secret are looked for as well: a text may quote some of it. */
const LONG = 64;
/** The length of such a part. */
const PART = 32;
/** The most parts of one secret that are looked for. */
const MOST_PARTS = 256;
/** The most characters of a text that are kept, which is far more than is ever shown. */
const MOST_TEXT = 1024 * 1024;
/** The shortest path of a secret URL that is a secret by itself. */
const LEAST_PATH = 8;
/** A text that is the same within JSON and a URL. */
const PLAIN = /^[\w.!~*'()-]*$/;
/** What a text has that is not the same within JSON: also a half of a pair, whose escape is longer. */
const NOT_IN_JSON = /["\\\p{Cc}\p{Cs}]/u;
/** The piece of a text that V8 quotes where it is not JSON: some 20 characters of it. */
const QUOTED_JSON = /, (?:\.\.\.)?"[^]{0,64}?"?(?:\.\.\. )?is not valid JSON/g;

/** A text to look for. */
interface Needle {
  /** In lower case. */
  readonly text: string;
  /** The secret that it is a part of, and the place in it. */
  readonly secret: string;
  readonly at: number;
}

/** What to look for. */
interface Needles {
  /** By their first {@linkcode LEAST} characters, the longest first. */
  readonly needles: ReadonlyMap<string, readonly Needle[]>;
  /** The first UTF-16 unit of each, which most places of a text do not have. */
  readonly firsts: ReadonlySet<number>;
}

/**
 * Makes a function that replaces each of these secrets by `***`, in upper or lower case, also as it
 * is written within JSON or a URL. Of a secret of at least 64 characters it replaces every part of at
 * least 63 that is within the first 8192, of one that is an address with a name the address, and of a
 * URL its path. Secrets of fewer than 4 characters stay. It takes time linear in the text.
 */
export function hiding(secrets: Iterable<string>): Hide {
  const needles = new Map<string, Needle[]>();
  for (const secret of new Set([...secrets].flatMap(forms))) {
    for (const needle of needlesOf(secret)) {
      const key = needle.text.slice(0, LEAST);
      const others = needles.get(key);
      if (others) others.push(needle);
      else needles.set(key, [needle]);
    }
  }
  if (needles.size === 0) return HIDE_NOTHING;
  for (const list of needles.values()) list.sort((a, b) => b.text.length - a.text.length);
  const found = {
    needles,
    firsts: new Set(Array.from(needles.keys(), (key) => key.charCodeAt(0))),
  };
  return (text) => replace(withoutQuotations(text.slice(0, MOST_TEXT)), found);
}

function withoutQuotations(text: string): string {
  return text.includes("JSON") ? text.replace(QUOTED_JSON, "") : text;
}

/** The secret as it may be written, in lower case. */
function forms(secret: string): string[] {
  const url = secret.includes("://") ? URL.parse(secret) : null;
  const path = url ? url.pathname + url.search + url.hash : "";
  const inBrackets = /<([^<>\s]+@[^<>\s]+)>/.exec(secret)?.[1] ?? "";
  const texts = [...new Set([secret, secret.trim(), url?.href ?? "", inBrackets])].flatMap(written);
  return [...texts, path.length >= LEAST_PATH ? path : ""].filter((text) => text.length >= LEAST)
    .map(lowered);
}

/** A text as it is, and as it is written within JSON and a URL, where that is another text. */
function written(text: string): string[] {
  if (PLAIN.test(text)) return [text];
  const json = NOT_IN_JSON.test(text) ? [JSON.stringify(text).slice(1, -1)] : [];
  return [text, ...json, ...text.isWellFormed() ? [encodeURIComponent(text)] : []];
}

function needlesOf(secret: string): Needle[] {
  const whole = { text: secret, secret, at: 0 };
  if (secret.length < LONG) return [whole];
  const count = Math.min(Math.floor(secret.length / PART), MOST_PARTS);
  return Array.from({ length: count }, (_, index) => {
    const at = index * PART;
    return { text: secret.slice(at, at + PART), secret, at };
  });
}

function replace(text: string, { needles, firsts }: Needles): string {
  const lower = lowered(text);
  let clean = "";
  let from = 0;
  for (let at = 0; at + LEAST <= lower.length; at++) {
    if (!firsts.has(lower.charCodeAt(at))) continue;
    const found = needles.get(lower.slice(at, at + LEAST))
      ?.find((needle) => lower.startsWith(needle.text, at));
    if (!found) continue;
    const { start, end } = extended(lower, at, found, from);
    clean += text.slice(from, start) + MASK;
    from = end;
    at = end - 1;
  }
  return clean + text.slice(from);
}

/** As much around a place as is of the same secret. */
function extended(
  text: string,
  at: number,
  { text: { length }, secret, at: offset }: Needle,
  from: number,
): { start: number; end: number } {
  let start = at;
  let end = at + length;
  while (
    start > from && offset > at - start && text[start - 1] === secret[offset - (at - start) - 1]
  ) {
    start--;
  }
  while (end < text.length && text[end] === secret[offset + end - at]) end++;
  return { start, end };
}

/** In lower case, with the same length: only ASCII changes. */
function lowered(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
