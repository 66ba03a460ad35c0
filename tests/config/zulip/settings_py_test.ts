/** What is read of `settings.py`, and what is not. */

import assert from "node:assert/strict";
import type { PythonValue } from "../../../lib/config/zulip/python_literal.ts";
import { assignmentsIn } from "../../../lib/config/zulip/settings_py.ts";

const NAMES = new Set(["A", "B", "HOST"]);

const LITERALS: readonly [source: string, value: PythonValue][] = [
  [`A = "x"`, "x"],
  [`A='it''s'  # a comment with "quotes"`, "its"],
  [`A = ("one "\n     'two'  # why\n     """ three""")`, "one two three"],
  [`A = """a\nb"""`, "a\nb"],
  [`A = "a\\\nb"`, "ab"],
  [String.raw`A = "\x41\u00e9\U0001f600\101\n\d"`, "Aé😀A\n\\d"],
  [String.raw`A = r"\n{token}"`, String.raw`\n{token}`],
  [`A = u"ü"`, "ü"],
  [`A = 587`, 587],
  [`A = -1_000`, -1000],
  [`A = 0x1F`, 31],
  [`A = .5`, 0.5],
  [`A = 1e3`, 1000],
  [`A = True`, true],
  [`A = False;`, false],
  [`A = None`, null],
  [`A: str | None = "typed"`, "typed"],
  [`A = ()`, []],
  [`A = ("x",)`, ["x"]],
  [`A = "x", "y"`, ["x", "y"]],
  [`A = [1, 2, [True]]`, [1, 2, [true]]],
  [`A = {"test": 0.1, "x": {}}`, { test: 0.1, x: {} }],
  [`A = {\n  # nothing yet\n}`, {}],
  [`A = \\\n  "next line"`, "next line"],
  [`HOST = 1\r\nA = "dos"\r\n`, "dos"],
  [`A = "first"\nA = "last"`, "last"],
  [`A = f()\nA = "known again"`, "known again"],
  [`x = 1; A = 2`, 2],
  [`"""\nA = "in a text"\n"""\nA = "real"`, "real"],
  [`A == 1\nA = 2`, 2],
];
for (const [source, value] of LITERALS) {
  Deno.test(`the value of A is read from ${JSON.stringify(source)}`, () => {
    const found = assignmentsIn(source, NAMES).names.get("A");
    assert.equal(found?.kind, "literal");
    assert.deepEqual(found?.kind === "literal" && found.value, value);
  });
}

const OTHERS: readonly [source: string, line: number][] = [
  [`A = f()`, 1],
  [`A = "x" + HOST`, 1],
  [`A = "x" % 1`, 1],
  [`A = f"{HOST}"`, 1],
  [`A = b"x"`, 1],
  [String.raw`A = "\N{BULLET}"`, 1],
  [`A = os.environ["A"]`, 1],
  [`A = "y" if B else "z"`, 1],
  [`A = [x for x in "ab"]`, 1],
  [`A = {1, 2}`, 1],
  [`A = 2j`, 1],
  [`A = B = "both"`, 1],
  [`A, x = 1, 2`, 1],
  [`(x, A) = 1, 2`, 1],
  [`A = ["x"]\nA += ["y"]`, 2],
  [`A = {}\nA["k"] = 1`, 2],
  [`A = "x"\nif True:\n    A = "y"`, 3],
  [`if True: A = "y"`, 1],
  [`try: A = 1\nexcept E: pass`, 1],
  [`else: A = 1`, 1],
  [`from x import y, A`, 1],
  [`import x as A`, 1],
  [`def A():\n    pass`, 1],
  [`for A in x: pass`, 1],
  [`del A`, 1],
  [`if (A := 1): pass`, 1],
  [`with x as A: pass`, 1],
  [`A = "x"\ndef f():\n    global B, A`, 3],
];
for (const [source, line] of OTHERS) {
  Deno.test(`the value of A is not known after ${JSON.stringify(source)}`, () => {
    assert.deepEqual(assignmentsIn(source, NAMES).names.get("A"), { kind: "other", line });
  });
}

const NONE: readonly string[] = [
  `# A = 1`,
  `"""\nA = "in a text"\n"""`,
  `x.A = 1`,
  `if A: x = 1`,
  `f(A=1)`,
  `x = A`,
  `x = {"A": 1}`,
  `AA = 1`,
];
for (const source of NONE) {
  Deno.test(`nothing is assigned to A by ${JSON.stringify(source)}`, () => {
    assert.equal(assignmentsIn(source, NAMES).names.get("A"), undefined);
  });
}

Deno.test("imports of everything are found", () => {
  const source = `from .a import b\nfrom .prod import *\nfrom x import *  # noqa\n`;
  assert.deepEqual(assignmentsIn(source, NAMES).starImports, [2, 3]);
});

Deno.test("a string that is not closed is an error with its line", () => {
  assert.throws(() => assignmentsIn(`A = 1\nB = "x\nHOST = 'y'\n`, NAMES), {
    name: "PythonSyntaxError",
    line: 2,
    message: "has a string that is not closed",
  });
});
