import assert from "node:assert/strict";
import { isSecretPath, masked, secretPaths, secretTexts } from "../../lib/errors/secret_paths.ts";

const MAIL = {
  template: "confirm",
  to: ["ada@example.com", "iago@example.com"],
  context: { user: "Ada", confirm_url: "https://a/b", reset_url: null, code: 739204 },
  parts: [{ name: "a", file: "x" }, { name: "b", file: { path: "y" } }],
};

/** What of `MAIL` is another than in the event, and the texts that are secret. */
const ROWS: readonly [
  title: string,
  paths: readonly string[],
  shown: Record<string, unknown>,
  texts: readonly string[],
][] = [
  ["no path", [], {}, []],
  ["a name", ["template"], { template: "***" }, ["confirm"]],
  ["a list, as a whole", ["to"], { to: "***" }, ["ada@example.com", "iago@example.com"]],
  ["an object with all below it", ["context"], { context: "***" }, [
    "Ada",
    "https://a/b",
    "739204",
  ]],
  ["a name below a name", ["context.user"], { context: { ...MAIL.context, user: "***" } }, ["Ada"]],
  ["a star, whatever the value is", ["context.*_url"], {
    context: { ...MAIL.context, confirm_url: "***", reset_url: "***" },
  }, ["https://a/b"]],
  ["a star for no characters", ["templ*ate"], { template: "***" }, ["confirm"]],
  ["a star in the middle", ["c*t.c*e"], { context: { ...MAIL.context, code: "***" } }, [
    "739204",
  ]],
  ["a star for any name", ["context.*"], {
    context: { user: "***", confirm_url: "***", reset_url: "***", code: "***" },
  }, ["Ada", "https://a/b", "739204"]],
  ["the elements of a list, which count as the list", ["parts.file"], {
    parts: [{ name: "a", file: "***" }, { name: "b", file: "***" }],
  }, ["x", "y"]],
  ["below an element", ["parts.file.path"], {
    parts: [{ name: "a", file: "x" }, { name: "b", file: { path: "***" } }],
  }, ["y"]],
  ["several paths", ["template", "context.user"], {
    template: "***",
    context: { ...MAIL.context, user: "***" },
  }, ["confirm", "Ada"]],
  ["of two paths the shorter", ["context.user", "context"], { context: "***" }, [
    "Ada",
    "https://a/b",
    "739204",
  ]],
  ["names in upper case, which are others", ["TEMPLATE"], {}, []],
  ["a name that is not there", ["context.none", "none"], {}, []],
  ["a name below a text", ["template.x"], {}, []],
  ["a place in a list, which is no name", ["to.0"], {}, []],
  ["characters that have a meaning in patterns", ["t.m.late", "(to)", "context.c[o]de"], {}, []],
];

for (const [title, paths, shown, texts] of ROWS) {
  Deno.test(`secret paths reach ${title}`, () => {
    const before = structuredClone(MAIL);
    assert.deepEqual(masked(MAIL, secretPaths(paths)), { ...MAIL, ...shown });
    assert.deepEqual([...secretTexts(MAIL, secretPaths(paths))], texts);
    assert.deepEqual(MAIL, before);
  });
}

Deno.test("secret paths begin at the event, also in a list of events", () => {
  const paths = secretPaths(["user"]);
  assert.deepEqual(masked({ a: { user: 1 } }, paths), { a: { user: 1 } });
  assert.deepEqual(masked([{ user: 1 }, [{ user: 2 }]], paths), [{ user: "***" }, [{
    user: "***",
  }]]);
  for (const event of ["user", 1, null, true]) assert.equal(masked(event, paths), event);
});

Deno.test("a secret named __proto__ is masked as any other", () => {
  const event = JSON.parse('{"__proto__": "a", "b": 1}');
  const shown = JSON.stringify(masked(event, secretPaths(["__proto__"])));
  assert.equal(shown, '{"__proto__":"***","b":1}');
});

Deno.test("secret texts are found in what a schema makes, also in what holds itself", () => {
  const loop: Record<string, unknown> = { text: "one" };
  loop["self"] = loop;
  const to = new Map<string, unknown>([["a", new Set(["two"])], ["b", new URL("http://c/d")]]);
  const texts = secretTexts({ to, loop }, secretPaths(["to", "loop"]));
  assert.deepEqual(texts, new Set(["two", "http://c/d", "one"]));
});

Deno.test("a path is names with dots between them", () => {
  assert(["a", "a.b", "context.*_url", "*", "ä ö"].every(isSecretPath));
  assert(!["", ".", "a.", ".a", "a..b"].some(isSecretPath));
});

Deno.test("secretTexts has codes that are numbers, and names that are addresses", () => {
  const context = { code: 482_913, count: 1234, seen: { "ada@people.example": { html: true } } };
  const made = { context: { by: new Map([["eve@people.example", 2n ** 60n]]) } };
  const paths = secretPaths(["context.*"]);
  assert.deepEqual([...secretTexts({ context }, paths)], ["482913", "ada@people.example"]);
  assert.deepEqual([...secretTexts(made, paths)], ["eve@people.example", "1152921504606846976"]);
});
