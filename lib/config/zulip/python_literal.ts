/**
 * Python's literals. Nothing is evaluated.
 *
 * @module
 */

import type { Token } from "./python_tokens.ts";

/** What a literal stands for; tuples are lists. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

/** A literal, in an object as it may be `null`. */
export interface Literal {
  readonly value: PythonValue;
}

const WORDS: ReadonlyMap<string, PythonValue> = new Map([
  ["True", true],
  ["False", false],
  ["None", null],
]);
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
  ...{ "\\": "\\", "'": "'", '"': '"', "\n": "" },
};
const ESCAPE =
  /\\(\r?\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[^])/g;

/** The value of an expression; `undefined` when it is anything else than one literal. */
export function literalOf(tokens: readonly Token[]): Literal | undefined {
  try {
    const reader = new LiteralReader(tokens);
    const value = reader.tuple();
    return reader.isAtEnd ? { value } : undefined;
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral extends Error {}

/** Reads literals from the left to the right. */
class LiteralReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  /** One value, or several with commas between them. */
  tuple(close?: string): PythonValue {
    const values: PythonValue[] = [];
    let isTuple = false;
    while (!this.isAtEnd && !this.#isNext(close)) {
      values.push(this.#value());
      if (!this.#take(",")) break;
      isTuple = true;
    }
    const [first] = values;
    if (first !== undefined && !isTuple) return first;
    if (first === undefined && close === undefined) throw new NoLiteral();
    return values;
  }

  #value(): PythonValue {
    const token = this.#next();
    switch (token.kind) {
      case "string":
        return this.#strings(token);
      case "number":
        return numberOf(token.text);
      case "name": {
        const value = WORDS.get(token.text);
        if (value === undefined) throw new NoLiteral();
        return value;
      }
      case "operator":
        return this.#behind(token.text);
    }
  }

  #behind(operator: string): PythonValue {
    switch (operator) {
      case "-":
      case "+": {
        const { kind, text } = this.#next();
        if (kind !== "number") throw new NoLiteral();
        return operator === "-" ? -numberOf(text) : numberOf(text);
      }
      case "(": {
        const value = this.tuple(")");
        this.#require(")");
        return value;
      }
      case "[":
        return this.#list();
      case "{":
        return this.#dict();
      default:
        throw new NoLiteral();
    }
  }

  /** Strings beside each other are one. */
  #strings(first: Token): string {
    let text = stringOf(first.text);
    while (this.#tokens[this.#at]?.kind === "string") text += stringOf(this.#next().text);
    return text;
  }

  #list(): PythonValue[] {
    const values: PythonValue[] = [];
    while (!this.#take("]")) {
      values.push(this.#value());
      if (!this.#isNext("]")) this.#require(",");
    }
    return values;
  }

  #dict(): PythonValue {
    const entries: [string, PythonValue][] = [];
    while (!this.#take("}")) {
      const key = this.#value();
      this.#require(":");
      entries.push([typeof key === "string" ? key : JSON.stringify(key), this.#value()]);
      if (!this.#isNext("}")) this.#require(",");
    }
    return Object.fromEntries(entries);
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (!token) throw new NoLiteral();
    return token;
  }

  #isNext(operator: string | undefined): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === "operator" && token.text === operator;
  }

  #take(operator: string): boolean {
    const isThere = this.#isNext(operator);
    if (isThere) this.#at++;
    return isThere;
  }

  #require(operator: string): void {
    if (!this.#take(operator)) throw new NoLiteral();
  }
}

function numberOf(text: string): number {
  const number = Number(text.replaceAll("_", ""));
  if (Number.isNaN(number)) throw new NoLiteral();
  return number;
}

/** Strings of bytes, and those with expressions in them, are none of text. */
function stringOf(text: string): string {
  const [, prefix = "", quote = "", body = ""] = /^([a-zA-Z]*)("""|'''|"|')([^]*)\2$/.exec(text) ??
    [];
  if (quote === "" || !/^[rRuU]?$/.test(prefix)) throw new NoLiteral();
  const lines = body.replaceAll(/\r\n?/g, "\n");
  return /r/i.test(prefix) ? lines : lines.replaceAll(ESCAPE, unescaped);
}

function unescaped(whole: string, code: string): string {
  const known = ESCAPES[code];
  if (known !== undefined) return known;
  if (code.startsWith("N{")) throw new NoLiteral();
  if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
  if (!/^[xuU]./.test(code)) return whole;
  const point = Number.parseInt(code.slice(1), 16);
  if (point > 0x10ffff) throw new NoLiteral();
  return String.fromCodePoint(point);
}
