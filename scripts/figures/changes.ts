/**
 * Finds every place where the code changes something: an assignment, `++`, `delete`, or a method
 * that changes a collection.
 *
 * @module
 */

import ts from "typescript";
import { bare, nodesBelow } from "./program.ts";

/** One place. */
export interface Change {
  /** What is changed, such as `this.#count`. */
  readonly target: ts.Expression;
  /** Whether what is in `target` is changed, rather than `target` assigned. */
  readonly isContent: boolean;
  /** The value, where one is assigned. */
  readonly value?: ts.Expression;
}

/** Methods of Map, Set, arrays and typed arrays that change what they are called on. */
const CHANGING: ReadonlySet<string> = new Set([
  ..."set add delete clear push pop shift unshift splice sort reverse fill copyWithin".split(" "),
]);

/** Functions that change their first argument. */
const CHANGERS = /^(Atomics\.(store|add|sub|and|or|xor|exchange|compareExchange)|Object\.assign)$/;

/** All changes below a node, in the order of the source. */
export function changesBelow(root: ts.Node): Change[] {
  return [...nodesBelow(root)].flatMap(changesOf);
}

function changesOf(node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) {
    return assigned(node.left, node.right);
  }
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    return isStep(node.operator) ? assigned(node.operand) : [];
  }
  if (ts.isDeleteExpression(node)) return assigned(node.expression);
  if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    return ts.isVariableDeclarationList(node.initializer) ? [] : assigned(node.initializer);
  }
  return ts.isCallExpression(node) ? changesOfCall(node) : [];
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function isStep(operator: ts.PrefixUnaryOperator): boolean {
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;
}

function changesOfCall({ expression, arguments: args }: ts.CallExpression): Change[] {
  const [first] = args;
  if (first && CHANGERS.test(expression.getText())) {
    return [{ target: bare(first), isContent: true }];
  }
  if (!ts.isPropertyAccessExpression(expression) || !CHANGING.has(expression.name.text)) return [];
  return [{ target: bare(expression.expression), isContent: true }];
}

/** The changes of one assignment: several where it takes an object or an array apart. */
function assigned(left: ts.Expression, value?: ts.Expression): Change[] {
  const target = bare(left);
  if (ts.isArrayLiteralExpression(target)) return target.elements.flatMap((one) => assigned(one));
  if (ts.isObjectLiteralExpression(target)) return target.properties.flatMap(assignedProperty);
  if (ts.isSpreadElement(target)) return assigned(target.expression);
  // The default of an element, as in `[this.a = 1] = values`, is an assignment found by itself.
  if (ts.isBinaryExpression(target)) return [];
  if (ts.isElementAccessExpression(target)) {
    return [{ target: bare(target.expression), isContent: true }];
  }
  return [{ target, isContent: false, ...(value && { value: bare(value) }) }];
}

function assignedProperty(property: ts.ObjectLiteralElementLike): Change[] {
  if (ts.isPropertyAssignment(property)) return assigned(property.initializer);
  if (ts.isSpreadAssignment(property)) return assigned(property.expression);
  return ts.isShorthandPropertyAssignment(property) ? assigned(property.name) : [];
}
