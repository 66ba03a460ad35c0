/**
 * Zulip's `settings.py`: its plain assignments. Nothing in it is executed.
 *
 * @module
 */

import { type Literal, literalOf, type PythonValue } from "./python_literal.ts";
import { type Statement, statementsOf, type Token } from "./python_tokens.ts";

/** How a name is assigned last. */
export type Assigned =
  /** `NAME = <literal>` at the top level. */
  | { readonly kind: "literal"; readonly line: number; readonly value: PythonValue }
  /** In any other way, so that its value is not known. */
  | { readonly kind: "other"; readonly line: number };

/** What a module assigns. */
export interface Assignments {
  readonly names: ReadonlyMap<string, Assigned>;
  /** The lines with `from … import *`, which may assign anything. */
  readonly starImports: readonly number[];
}

/** Behind these, what is assigned begins after a colon. */
const COMPOUND = new Set([
  "if",
  "elif",
  "else",
  "for",
  "while",
  "try",
  "except",
  "finally",
  "with",
]);
/** The name behind one of these is assigned. */
const ASSIGNING = new Set(["as", "import", "def", "class", "for", "del", "global"]);

/**
 * Reads what a module assigns to some names.
 *
 * @param wanted The names that matter.
 * @throws {PythonSyntaxError} For a string that is not closed.
 */
export function assignmentsIn(source: string, wanted: ReadonlySet<string>): Assignments {
  const names = new Map<string, Assigned>();
  const starImports: number[] = [];
  for (const statement of statementsOf(source)) {
    const { tokens } = statement;
    const line = tokens[0]?.line ?? 0;
    const plain = plainAssignment(statement);
    if (plain) names.set(plain.name, { kind: "literal", line, value: plain.value });
    else for (const name of assignedNames(tokens)) names.set(name, { kind: "other", line });
    if (isStarImport(tokens)) starImports.push(line);
  }
  for (const name of names.keys()) if (!wanted.has(name)) names.delete(name);
  return { names, starImports };
}

function plainAssignment(
  { isTop, tokens }: Statement,
): { readonly name: string; readonly value: PythonValue } | undefined {
  const [first] = tokens;
  if (!isTop || first?.kind !== "name" || COMPOUND.has(first.text)) return undefined;
  const equals = outerIndexes(tokens, isOperator("="));
  const [at] = equals;
  if (at === undefined || equals.length > 1 || !isNameOrAnnotated(tokens.slice(0, at))) {
    return undefined;
  }
  const literal: Literal | undefined = literalOf(tokens.slice(at + 1));
  return literal && { name: first.text, value: literal.value };
}

function isNameOrAnnotated([, second]: readonly Token[]): boolean {
  return second === undefined || isOperator(":")(second);
}

/** The names that a statement may assign, in whatever way. */
function assignedNames(tokens: readonly Token[]): string[] {
  const [first, , ...more] = tokens;
  if (first?.text === "from") {
    const at = tokens.findIndex(({ text }) => text === "import");
    return namesOf(tokens.slice(at));
  }
  const behind = tokens.flatMap((token, at) => {
    const next = tokens[at + 1];
    return ASSIGNING.has(token.text) && next?.kind === "name" ? [next.text] : [];
  });
  const walrus = [...tokens.keys()].filter((at) => tokens[at + 1]?.text === ":=")
    .map((at) => tokens[at]?.text ?? "");
  if (first && ASSIGNING.has(first.text)) return [...behind, ...namesOf(more), ...walrus];
  return [...behind, ...walrus, ...namesOf(targets(tokens))];
}

/** What stands to the left of the last assignment. */
function targets(tokens: readonly Token[]): readonly Token[] {
  const end = outerIndexes(tokens, ({ text }) => /^(\*\*|\/\/|<<|>>|[-+*/%@&|^])?=$/.test(text)).at(
    -1,
  );
  if (end === undefined) return [];
  const left = tokens.slice(0, end);
  if (!COMPOUND.has(tokens[0]?.text ?? "")) return left;
  return left.slice((outerIndexes(left, isOperator(":")).at(-1) ?? -1) + 1);
}

/** The names that are not attributes. */
function namesOf(tokens: readonly Token[]): string[] {
  return tokens.filter((token, at) => token.kind === "name" && tokens[at - 1]?.text !== ".")
    .map(({ text }) => text);
}

function isStarImport(tokens: readonly Token[]): boolean {
  return tokens[0]?.text === "from" && tokens.at(-1)?.text === "*";
}

function isOperator(text: string): (token: Token) => boolean {
  return (token) => token.kind === "operator" && token.text === text;
}

/** Where tokens stand that are in no brackets. */
function outerIndexes(tokens: readonly Token[], matches: (token: Token) => boolean): number[] {
  let depth = 0;
  return tokens.flatMap((token, at) => {
    if (token.kind !== "operator") return [];
    if ("([{".includes(token.text)) depth++;
    if (")]}".includes(token.text)) depth--;
    return depth === 0 && matches(token) ? [at] : [];
  });
}
