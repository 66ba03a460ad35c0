/**
 * The length of functions.
 *
 * @module
 */

import ts from "typescript";
import { lastLineOf, lineOf, nodesBelow, type Program } from "./program.ts";

/** One function that has a name and a body. */
export interface FunctionFigures {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** From its first word to its last brace, without the comment before it. */
  readonly lines: number;
}

/**
 * All functions, methods, constructors and accessors, and the arrow functions that are given a
 * name. A function without a name, such as an argument, is part of the function around it.
 *
 * @param nameOf Names a file in the figures.
 */
export function functionFigures(
  { files }: Program,
  nameOf: (path: string) => string,
): FunctionFigures[] {
  return files.flatMap((file) =>
    [...nodesBelow(file)].flatMap((node) => {
      const name = nameOfFunction(node);
      if (name === undefined) return [];
      const line = lineOf(node);
      return [{ file: nameOf(file.fileName), line, name, lines: lastLineOf(node) - line + 1 }];
    })
  );
}

function nameOfFunction(node: ts.Node): string | undefined {
  if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return undefined;
  if (ts.isConstructorDeclaration(node)) return inClass(node, "constructor");
  if (node.name) return inClass(node, node.name.getText());
  const { parent } = node;
  const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyDeclaration(parent) ||
    ts.isPropertyAssignment(parent);
  return isNamed ? inClass(parent, parent.name.getText()) : undefined;
}

function inClass({ parent }: ts.Node, name: string): string {
  return ts.isClassLike(parent) ? `${parent.name?.text ?? "class"}.${name}` : name;
}
