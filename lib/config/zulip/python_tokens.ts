/**
 * Python's source in tokens and statements, as far as it takes to find assignments.
 *
 * @module
 */

/** A token. */
export interface Token {
  readonly kind: "name" | "number" | "string" | "operator";
  /** As it is written. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/** One statement; a compound one ends with its line. */
export interface Statement {
  /** Whether it stands at the beginning of a line, and so at the top level. */
  readonly isTop: boolean;
  /** At least one. */
  readonly tokens: readonly Token[];
}

/** The source has something that cannot be read. */
export class PythonSyntaxError extends Error {
  override readonly name = "PythonSyntaxError";
  /** @param line Counted from 1. @param message Without the line. */
  constructor(readonly line: number, message: string) {
    super(message);
  }
}

const BLANKS = /(?:[ \t\f]|\\\r?\n|#.*)+/y;
const NEWLINE = /\r?\n|\r/y;
const STRING =
  /[a-zA-Z]{0,2}(?:"""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')/y;
const NUMBER =
  /(?:0[xXoObB][0-9a-fA-F_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[jJ]?/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const OPERATOR = /\*\*=|\/\/=|<<=|>>=|\.\.\.|[-+*/%@&|^=!<>:]=|->|[^]/y;
const PATTERNS = [
  ["string", STRING],
  ["number", NUMBER],
  ["name", NAME],
  ["operator", OPERATOR],
] as const;

/**
 * Reads the statements of a module.
 *
 * @throws {PythonSyntaxError} For a string that is not closed.
 */
export function statementsOf(source: string): Statement[] {
  const reader = new StatementReader();
  let line = 1;
  for (let at = 0; at < source.length;) {
    const gap = match(BLANKS, source, at) ?? match(NEWLINE, source, at);
    const token = gap === undefined ? tokenAt(source, at, line) : undefined;
    if (token) reader.token(token, at === 0 || "\r\n".includes(source[at - 1] ?? ""));
    else if (/^[\r\n]/.test(gap ?? "")) reader.newline();
    const text = token?.text ?? gap ?? "";
    at += text.length;
    line += linesIn(text);
  }
  return reader.end();
}

/** Divides tokens into statements. */
class StatementReader {
  readonly #statements: Statement[] = [];
  #tokens: Token[] = [];
  #isTop = true;
  /** Whether the next statement stands behind another on its line, and is as deep as that. */
  #isBehind = false;
  #depth = 0;

  /** @param isAtLineStart Whether nothing, not even a blank, is before it on its line. */
  token(token: Token, isAtLineStart: boolean): void {
    if (this.#tokens.length === 0 && !this.#isBehind) this.#isTop = isAtLineStart;
    this.#isBehind = false;
    this.#depth += depthOf(token);
    if (this.#depth > 0 || token.text !== ";") return void this.#tokens.push(token);
    this.end();
    this.#isBehind = true;
  }

  newline(): void {
    if (this.#depth > 0) return;
    this.end();
    this.#isBehind = false;
  }

  end(): Statement[] {
    if (this.#tokens.length > 0) {
      this.#statements.push({ isTop: this.#isTop, tokens: this.#tokens });
    }
    this.#tokens = [];
    return this.#statements;
  }
}

function tokenAt(source: string, at: number, line: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    const text = match(pattern, source, at);
    if (text === undefined) continue;
    if (/^["']/.test(text) && kind === "operator") {
      throw new PythonSyntaxError(line, "has a string that is not closed");
    }
    return { kind, text, line };
  }
  throw new PythonSyntaxError(line, "cannot be read");
}

function depthOf({ kind, text }: Token): number {
  if (kind !== "operator") return 0;
  if ("([{".includes(text)) return 1;
  return ")]}".includes(text) ? -1 : 0;
}

function linesIn(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
