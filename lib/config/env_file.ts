/**
 * The syntax of `.env`: that of systemd's `EnvironmentFile`, so that one file serves for both, and
 * the word `export` before a name.
 *
 * @module
 */

/** A variable of the file. */
export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Something in the file that is no variable. It holds no value, as that may be a secret. */
export interface EnvMistake {
  /** Counted from 1. */
  readonly line: number;
  readonly wrong: string;
  readonly fix: string;
}

/** The contents of the file. */
export interface EnvFile {
  /** In their order; the last of a name counts. */
  readonly entries: readonly EnvEntry[];
  readonly mistakes: readonly EnvMistake[];
}

/** What stands at one place of the text, and where the next begins. */
interface Found {
  readonly entry?: Omit<EnvEntry, "line">;
  readonly mistake?: Omit<EnvMistake, "line">;
  readonly end: number;
}

/** The value after a `=`, or what is wrong with it. */
interface Value {
  readonly value: string;
  readonly mistake?: Omit<EnvMistake, "line">;
  readonly end: number;
}

const BLANKS = /[ \t\n]*/y;
const COMMENT = /[#;].*/y;
const NAME = /(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/y;
const REST_OF_LINE = /.*/y;
const SINGLE_QUOTED = /'([^']*)'[ \t]*/y;
const DOUBLE_QUOTED = /"((?:[^"\\]|\\[^])*)"[ \t]*/y;
/** To the end of the line; a backslash before it continues the value on the next. */
const UNQUOTED = /(?:[^\\\n]|\\[^]|\\$)*/y;

const NOT_AN_ENTRY = {
  wrong: "is not NAME=value",
  fix: "write it so, or begin the line with # to make it a comment",
};
const OPEN_QUOTE = {
  wrong: "has a quote that is not closed",
  fix: "close it, or put a value with a quote into quotes of the other kind",
};
const COMMENT_BEHIND = {
  wrong: "has a # after a blank, which begins no comment here",
  fix: "put the comment on a line of its own, or the whole value into quotes",
};

/** Reads the text of the file. */
export function parseEnvFile(text: string): EnvFile {
  const clean = text.replaceAll(/\r\n?/g, "\n");
  const entries: EnvEntry[] = [];
  const mistakes: EnvMistake[] = [];
  for (let at = 0; at < clean.length;) {
    const start = at + match(BLANKS, clean, at)[0].length;
    const line = clean.slice(0, start).split("\n").length;
    const { entry, mistake, end } = findAt(clean, start);
    if (entry) entries.push({ ...entry, line });
    if (mistake) mistakes.push({ ...mistake, line });
    at = end + 1;
  }
  return { entries, mistakes };
}

function findAt(text: string, start: number): Found {
  if (start >= text.length) return { end: start };
  const [comment] = match(COMMENT, text, start);
  if (comment !== "") return { end: start + comment.length };
  const [head, name] = match(NAME, text, start);
  if (name === undefined) {
    return { mistake: NOT_AN_ENTRY, end: start + match(REST_OF_LINE, text, start)[0].length };
  }
  const { value, mistake, end } = valueAt(text, start + head.length);
  return mistake ? { mistake, end } : { entry: { name, value }, end };
}

/** Quoted parts, and then what is not quoted, to the end of the line. */
function valueAt(text: string, start: number): Value {
  let value = "";
  let at = start;
  for (let quoted = quotedAt(text, at); quoted; quoted = quotedAt(text, at)) {
    value += quoted.value;
    at = quoted.end;
  }
  const [rest] = match(UNQUOTED, text, at);
  const end = at + rest.length;
  if (/^["']/.test(rest)) return { value, mistake: OPEN_QUOTE, end: endOfLine(text, at) };
  if (/[ \t]#/.test(text.slice(at - 1, end))) {
    return { value, mistake: COMMENT_BEHIND, end };
  }
  return { value: value + unescaped(rest.trimEnd()), end };
}

function quotedAt(text: string, at: number): Value | undefined {
  const [single, literal] = match(SINGLE_QUOTED, text, at);
  if (literal !== undefined) return { value: literal, end: at + single.length };
  const [double, escaped] = match(DOUBLE_QUOTED, text, at);
  if (escaped !== undefined) return { value: unquoted(escaped), end: at + double.length };
  return undefined;
}

/** Within double quotes a backslash stays, unless it is before one of these. */
function unquoted(text: string): string {
  return text.replaceAll(/\\(["\\`$\n])/g, (_, character) => character === "\n" ? "" : character);
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([^])/g, (_, character) => character === "\n" ? "" : character);
}

function endOfLine(text: string, at: number): number {
  return at + match(REST_OF_LINE, text, at)[0].length;
}

/** The match at a place; `[""]` for none. */
function match(pattern: RegExp, text: string, at: number): [string, ...(string | undefined)[]] {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found ? [found[0], ...found.slice(1)] : [""];
}
