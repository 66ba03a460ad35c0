/**
 * The figures about the code: what counts as a field that changes, and how long a function is.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Figures, measure, report } from "../../scripts/figures.ts";

/** Measures files, given by their names and texts. */
function figuresOf(files: Readonly<Record<string, string>>): Figures {
  const folder = Deno.makeTempDirSync();
  try {
    const paths = Object.entries(files).map(([name, text]) => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    });
    return measure(paths);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The fields that change of the class `One`, the first of a file. */
function changing(text: string, others: Readonly<Record<string, string>> = {}): readonly string[] {
  return figuresOf({ "room/one.ts": text, ...others }).classes
    .find(({ name }) => name === "One")?.changing ?? [];
}

const CASES: readonly (readonly [what: string, source: string, changing: string[]])[] = [
  ["a field that is assigned", "#a = 1; b = 2; f() { this.#a = 2; }", ["#a"]],
  [
    "compound assignments and steps",
    "a = 1; b = 1; c; f() { this.a += 1; this.b++; this.c ??= 1; }",
    [
      "a",
      "b",
      "c",
    ],
  ],
  ["an assignment in the constructor", "#a; constructor() { this.#a = 1; }", []],
  ["one in a function of the constructor", "#a = 1; constructor() { on(() => this.#a = 2); }", [
    "#a",
  ]],
  ["one in an initializer's function", "a = 1; f = () => { this.a = 2; };", ["a"]],
  ["a parameter that is a field", "constructor(private a: number) {} f() { this.a = 2; }", ["a"]],
  [
    "an object and an array taken apart",
    "a; b; c; f() { ({ a: this.a, x: [this.b = 1] } = q); [...this.c] = q; }",
    [
      "a",
      "b",
      "c",
    ],
  ],
  ["a loop over a field", "a; f() { for (this.a of [1]); }", ["a"]],
  ["a deleted field", "a?: 1; f() { delete this.a; }", ["a"]],
  [
    "collections",
    "a = new Map(); b = new Set(); c: number[] = []; d = new Map(); " +
    "f() { this.a.set(1, 2); this.b?.clear(); this.c.push(1); this.d.get(1); }",
    ["a", "b", "c"],
  ],
  [
    "elements",
    "a: number[] = []; b: Record<string, number> = {}; c: Record<string, number> = {}; " +
    "f() { this.a[0] = 1; this.b['x']++; this.c.x = 1; }",
    ["a", "b", "c"],
  ],
  [
    "a collection by another name",
    "#a = new Map(); b: number[] = []; " +
    "f() { const a = this.#a; a.set(1, 2); const { b } = this; b.push(1); }",
    ["#a", "b"],
  ],
  ["shared memory", "#a = new Int32Array(1); f() { Atomics.add(this.#a, 0, 1); }", ["#a"]],
  [
    "each property of a plain object",
    "#s = { a: 1, b: 2, c: 3, in: { d: 1 } }; " +
    "f() { this.#s.a = 2; this.#s.b++; this.#s.in.d = 2; }",
    ["#s.a", "#s.b", "#s.in.d"],
  ],
  ["a static field", "static a = 1; f() { One.a = 2; }", []],
  ["another's field of the same name", "a = 1; f(other: { a: number }) { other.a = 2; }", []],
];

Deno.test("a class's fields that change are counted", () => {
  // Each in a file, and so in a module, of its own.
  const files = CASES.map(([, source], index) => [`${index}.ts`, `export class One { ${source} }`]);
  const { classes } = figuresOf(Object.fromEntries(files));
  CASES.forEach(([what, , expected], index) => {
    assert.deepEqual(classes[index]?.changing, expected, what);
  });
});

Deno.test("changes that other code makes are counted", () => {
  const source = "export class One { a = 1; b = new Set<number>(); }";
  const other = 'import { One } from "./one.ts"; function f(one: One) { one.a = 2; one.b.add(1); }';
  assert.deepEqual(changing(source, { "room/other.ts": other }), ["a", "b"]);
});

Deno.test("the properties of a declared plain object are counted, whoever changes them", () => {
  const source = "export interface State { a: number; b: number } " +
    "export class One { constructor(readonly s: State) {} }";
  const other = 'import { State } from "./one.ts"; function f(s: State) { s.b = 2; }';
  assert.deepEqual(changing(source, { "room/other.ts": other }), ["s.b"]);
});

Deno.test("an instance of a class of the same folder counts when it changes", () => {
  const source = 'import { Still, Moving } from "./near.ts"; import { Far } from "../far/far.ts";' +
    "interface Face {} export class One { #still = new Still(); #moving: Moving | undefined;" +
    "#far = new Far(); #hidden: Face = new Moving(); }";
  const moving = "{ a = 1; f() { this.a = 2; } }";
  const near = `export class Still { a = 1; } export class Moving ${moving}`;
  const others = { "room/near.ts": near, "far/far.ts": `export class Far ${moving}` };
  assert.deepEqual(changing(source, others), ["#moving", "#hidden"]);
});

Deno.test("inherited fields are a class's own", () => {
  const source = "class Base { a = 1; f() { this.a = 2; } } export class One extends Base {}";
  assert.deepEqual(changing(source), ["a"]);
});

Deno.test("functions with a name are measured, with the functions inside them", () => {
  const { functions } = figuresOf({
    "a.ts": [
      "/** Says why. */",
      "function one() {",
      "  return [1].map((x) => {",
      "    return x;",
      "  });",
      "}",
      "const two = () => 2;",
      "class Three {",
      "  get four() {",
      "    return 4;",
      "  }",
      "}",
      "declare function five(): void;",
    ].join("\n"),
  });
  const seen = functions.map(({ name, line, lines }) => [name, line, lines]);
  assert.deepEqual(seen, [["one", 2, 5], ["two", 7, 1], ["Three.four", 9, 3]]);
});

Deno.test("the report lists what is over its limits, or everything", () => {
  const figures: Figures = {
    files: [{ file: "a.ts", lines: 301 }, { file: "b.ts", lines: 300 }],
    functions: [3, 41, 5, 40].map((lines) => ({ file: "a.ts", line: 1, name: `f${lines}`, lines })),
    classes: [{ file: "a.ts", line: 9, name: "A", changing: [..."123456789"] }],
  };
  assert.equal(
    report(figures, false),
    [
      "2 files, 601 lines; 1 over 300",
      "   301  a.ts",
      "4 functions, lines: median 40, p90 41, max 41; 1 over 40",
      "    41  a.ts:1  f41",
      "1 classes, fields that change; 1 over 8",
      "     9  a.ts:9  A  1, 2, 3, 4, 5, 6, 7, 8, 9",
    ].join("\n"),
  );
  assert.equal(report(figures, true).split("\n").length, 10);
});
