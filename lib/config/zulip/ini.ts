/**
 * Zulip's files in the form of Python's `configparser`: `zulip.conf` and `zulip-secrets.conf`.
 *
 * @module
 */

/** A value of the file. */
export interface IniValue {
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** The contents of a file. */
export interface IniFile {
  /** By section and key, the key in lower case. */
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, IniValue>>;
  /** The lines that are neither. They are not shown, as they may hold secrets. */
  readonly mistakes: readonly number[];
}

const COMMENT = /^\s*([#;].*)?$/;
const SECTION = /^\[([^\]]+)\]/;
const ENTRY = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/;
const CONTINUED = /^\s+(.*\S)\s*$/;

/** Reads the text of a file. Indented lines continue the value before them. */
export function parseIni(text: string): IniFile {
  const sections = new Map<string, Map<string, IniValue>>();
  const mistakes: number[] = [];
  let section: Map<string, IniValue> | undefined;
  let last: string | undefined;
  for (const [index, row] of text.split(/\r\n?|\n/).entries()) {
    if (COMMENT.test(row)) continue;
    const line = index + 1;
    const [, title] = SECTION.exec(row) ?? [];
    const [, key, value] = ENTRY.exec(row) ?? [];
    const [, rest] = CONTINUED.exec(row) ?? [];
    const before = last === undefined ? undefined : section?.get(last);
    if (title !== undefined) {
      section = sections.get(title) ?? new Map();
      sections.set(title, section);
      last = undefined;
    } else if (key !== undefined && value !== undefined && section) {
      last = key.toLowerCase();
      section.set(last, { value, line });
    } else if (rest !== undefined && last !== undefined && before && section) {
      section.set(last, { ...before, value: `${before.value}\n${rest}` });
    } else mistakes.push(line);
  }
  return { sections, mistakes };
}
