/**
 * Parses files with the TypeScript compiler, so that the figures know what a name refers to.
 *
 * @module
 */

import ts from "typescript";

/** The files that were asked for, and the checker that resolves their names. */
export interface Program {
  readonly files: readonly ts.SourceFile[];
  readonly checker: ts.TypeChecker;
}

/**
 * Parses files, given by their absolute paths. Packages and Deno's own types are unknown here: the
 * figures need only the types of the files themselves and of the language.
 */
export function parse(paths: readonly string[]): Program {
  const program = ts.createProgram(paths, {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: [],
  });
  const files = paths.map((path) => program.getSourceFile(path)).filter((file) => !!file);
  return { files, checker: program.getTypeChecker() };
}

/** Every node below one, the outermost first. */
export function* nodesBelow(node: ts.Node): Generator<ts.Node> {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  for (const child of children) {
    yield child;
    yield* nodesBelow(child);
  }
}

/** The line a node starts at, from 1; its comments are not part of it. */
export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** The last line of a node, from 1. */
export function lastLineOf(node: ts.Node): number {
  return node.getSourceFile().getLineAndCharacterOfPosition(node.getEnd()).line + 1;
}

/** An expression without brackets, `!`, `as` and `satisfies`. */
export function bare(expression: ts.Expression): ts.Expression {
  let inner = expression;
  while (
    ts.isParenthesizedExpression(inner) || ts.isNonNullExpression(inner) ||
    ts.isAsExpression(inner) || ts.isSatisfiesExpression(inner)
  ) inner = inner.expression;
  return inner;
}
