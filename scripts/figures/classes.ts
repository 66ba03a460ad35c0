/**
 * The fields of classes that change after the constructor.
 *
 * What counts: a field that is assigned; a Map, Set or array that is changed; each property of a
 * plain object in a field that is assigned; an instance of a class of the same folder that changes
 * itself. A field that a class inherits counts as its own. The changes of the whole program count,
 * whoever makes them; those of the constructor and of the fields' initializers do not.
 *
 * What it does not see: changes through a parameter, through `any`, and by the code of packages.
 *
 * @module
 */

import { dirname } from "node:path";
import ts from "typescript";
import { type Change, changesBelow } from "./changes.ts";
import { bare, lineOf, nodesBelow, type Program } from "./program.ts";

/** One class. */
export interface ClassFigures {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** The names of the fields that change; of a plain object, as in `#totals.failed`. */
  readonly changing: readonly string[];
}

/** The declaration of a field or of a property of a plain object. */
type Field = ts.Declaration;

/** What the program does with fields. */
interface Changes {
  /** Fields that are assigned, or whose Map, Set or array is changed. */
  readonly changed: ReadonlySet<Field>;
  /** What is assigned to a field, in the constructor too. */
  readonly values: ReadonlyMap<Field, readonly ts.Expression[]>;
}

/**
 * All classes of a program.
 *
 * @param nameOf Names a file in the figures.
 */
export function classFigures(program: Program, nameOf: (path: string) => string): ClassFigures[] {
  const classes = program.files.flatMap((file) => [...nodesBelow(file)].filter(ts.isClassLike));
  const counter = new Counter(program.checker, changesOf(program));
  return classes.map((one) => ({
    file: nameOf(one.getSourceFile().fileName),
    line: lineOf(one),
    name: one.name?.text ?? "class",
    changing: counter.changing(one),
  }));
}

function changesOf({ files, checker }: Program): Changes {
  const changed = new Set<Field>();
  const values = new Map<Field, ts.Expression[]>();
  for (const change of files.flatMap(changesBelow)) {
    const field = fieldOf(change.target, checker);
    if (!field) continue;
    if (change.value) values.set(field, [...values.get(field) ?? [], change.value]);
    if (!isInConstruction(change, field)) changed.add(field);
  }
  return { changed, values };
}

/** The field that an expression refers to, also by a constant that holds what is in it. */
function fieldOf(expression: ts.Expression, checker: ts.TypeChecker): Field | undefined {
  const isProperty = ts.isPropertyAccessExpression(expression);
  const name = isProperty ? expression.name : expression;
  const declaration = checker.getSymbolAtLocation(name)?.valueDeclaration;
  if (isProperty) {
    // A property without a declaration is an entry of a record, which is in the field itself.
    return declaration ?? fieldOf(bare(expression.expression), checker);
  }
  if (!declaration) return undefined;
  if (ts.isBindingElement(declaration)) return propertyTaken(declaration, checker);
  if (!ts.isVariableDeclaration(declaration) || !declaration.initializer) return undefined;
  const value = bare(declaration.initializer);
  return ts.isPropertyAccessExpression(value) ? fieldOf(value, checker) : undefined;
}

/** The property that `const { name } = object` takes out of the object. */
function propertyTaken(element: ts.BindingElement, checker: ts.TypeChecker): Field | undefined {
  if (!ts.isObjectBindingPattern(element.parent)) return undefined;
  const name = (element.propertyName ?? element.name).getText();
  return checker.getTypeAtLocation(element.parent).getProperty(name)?.valueDeclaration;
}

/** Whether a class's own constructor makes the change, and no function in it that runs later. */
function isInConstruction({ target }: Change, field: Field): boolean {
  for (let node: ts.Node = target; node.parent; node = node.parent) {
    if (!ts.isFunctionLike(node)) continue;
    return ts.isConstructorDeclaration(node) && isOwner(node.parent, field);
  }
  return false;
}

/** Whether a class has a field, or has a plain object of which the field is a property. */
function isOwner(owner: ts.Node, field: Field): boolean {
  return !ts.isClassLike(field.parent) || field.parent === owner ||
    ts.isConstructorDeclaration(field.parent);
}

/** Counts the fields of classes that change. */
class Counter {
  readonly #checker: ts.TypeChecker;
  readonly #changes: Changes;
  readonly #counted = new Map<ts.ClassLikeDeclaration, readonly string[]>();

  constructor(checker: ts.TypeChecker, changes: Changes) {
    this.#checker = checker;
    this.#changes = changes;
  }

  /** The names of a class's fields that change. */
  changing(one: ts.ClassLikeDeclaration): readonly string[] {
    const counted = this.#counted.get(one);
    if (counted) return counted;
    // A class that holds an instance of itself changes by its other fields.
    this.#counted.set(one, []);
    const names = [
      ...this.#baseOf(one).flatMap((base) => this.changing(base)),
      ...fieldsOf(one).flatMap((field) => this.#changingIn(field)),
    ];
    this.#counted.set(one, names);
    return names;
  }

  #baseOf(one: ts.ClassLikeDeclaration): ts.ClassLikeDeclaration[] {
    const base = one.heritageClauses?.find((clause) =>
      clause.token === ts.SyntaxKind.ExtendsKeyword
    );
    return base?.types.flatMap((type) =>
      classesOf(this.#checker.getTypeAtLocation(type.expression))
    ) ?? [];
  }

  /** The field, the properties of the plain object in it, or nothing. */
  #changingIn(field: FieldDeclaration): string[] {
    const name = field.name.getText();
    if (this.#changes.changed.has(field)) return [name];
    const types = this.#typesIn(field);
    const classes = types.flatMap(classesOf);
    const folder = dirname(field.getSourceFile().fileName);
    const isChanging = classes.some((one) =>
      dirname(one.getSourceFile().fileName) === folder && this.changing(one).length > 0
    );
    if (isChanging) return [name];
    const properties = types.flatMap((type) => this.#changingProperties(type, new Set()));
    return [...new Set(properties)].map((property) => `${name}.${property}`);
  }

  /** The declared type of a field, and the types of what is assigned to it. */
  #typesIn(field: FieldDeclaration): ts.Type[] {
    const values = [field.initializer, ...this.#changes.values.get(field) ?? []];
    return [field, ...values.filter((value) => value !== undefined)]
      .flatMap((node) => membersOf(this.#checker.getTypeAtLocation(node)));
  }

  /** The properties of a plain object, and of plain objects in it, that change. */
  #changingProperties(type: ts.Type, above: ReadonlySet<ts.Type>): string[] {
    if (above.has(type) || !this.#isPlain(type)) return [];
    return this.#checker.getPropertiesOfType(type).flatMap((property) => {
      const { name, valueDeclaration } = property;
      if (!valueDeclaration) return [];
      if (this.#changes.changed.has(valueDeclaration)) return [name];
      return membersOf(this.#checker.getTypeOfSymbol(property))
        .flatMap((inner) => this.#changingProperties(inner, new Set([...above, type])))
        .map((inner) => `${name}.${inner}`);
    });
  }

  /** Whether a type is of a plain object that the program declares. */
  #isPlain({ symbol }: ts.Type): boolean {
    const declarations = symbol?.declarations ?? [];
    return declarations.length > 0 &&
      declarations.every((one) =>
        (ts.isInterfaceDeclaration(one) || ts.isTypeLiteralNode(one) ||
          ts.isObjectLiteralExpression(one)) &&
        !one.getSourceFile().isDeclarationFile
      );
  }
}

/** A field as it is written in a class. */
type FieldDeclaration = ts.PropertyDeclaration | ts.ParameterPropertyDeclaration;

function fieldsOf(one: ts.ClassLikeDeclaration): FieldDeclaration[] {
  const parameters = one.members.filter(ts.isConstructorDeclaration)
    .flatMap((made) => made.parameters)
    .filter((parameter) => ts.isParameterPropertyDeclaration(parameter, parameter.parent));
  const isOfInstance = (field: ts.PropertyDeclaration) =>
    !field.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
  return [...parameters, ...one.members.filter(ts.isPropertyDeclaration).filter(isOfInstance)];
}

/** The types that a union allows, and a type that is no union itself. */
function membersOf(type: ts.Type): ts.Type[] {
  return type.isUnion() ? type.types : [type];
}

function classesOf(type: ts.Type): ts.ClassLikeDeclaration[] {
  return type.symbol?.declarations?.filter(ts.isClassLike) ?? [];
}
