/**
 * The catalogues of the program: no text is missing, and none is left over.
 *
 * @module
 */

import assert from "node:assert/strict";
import { templateFiles } from "../../../fixtures/mail/samples.ts";

type Entry = string | Record<string, string>;

const FILES = templateFiles(".json");
const EN = JSON.parse(FILES.get("./locales/en.json") ?? "") as Record<string, Entry>;
const DE = JSON.parse(FILES.get("./locales/de.json") ?? "") as Record<string, Entry>;
const TEMPLATES = [...templateFiles(".txt").values(), ...templateFiles(".html").values()].join(
  "\n",
);
const WORDS = ["messages/missed", "digests", "push", "exports"].map((folder) =>
  Deno.readTextFileSync(new URL(`../../../../lib/domain/${folder}/words.ts`, import.meta.url))
).join("\n");
const USED = new Set([
  ...TEMPLATES.match(/(?<=")[a-z_]+\.[a-z_]+(?=" \| (t|append))/g) ?? [],
  ...WORDS.match(/(?<=text\(")[a-z_]+\.[a-z_]+(?=")/g) ?? [],
]);

function names(entry: Entry | undefined): string[] {
  const text = typeof entry === "string" ? entry : Object.values(entry ?? {}).join(" ");
  return [...new Set(text.match(/\{\w+\}/g))].sort();
}

Deno.test("English has every text that a template or a module of words names, and no other", () => {
  const guides = Object.keys(EN).filter((key) => key.startsWith("onboarding_zulip_guide.subject_"));
  const used = [...USED].filter((key) => key !== "onboarding_zulip_guide.subject_");
  assert.deepEqual(Object.keys(EN).sort(), [...new Set([...used, ...guides])].sort());
});

Deno.test("German texts have the keys, values and kinds of the English ones", () => {
  for (const [key, entry] of Object.entries(DE)) {
    assert.equal(typeof entry, typeof EN[key], key);
    assert.deepEqual(names(entry), names(EN[key]), key);
  }
});

Deno.test("German has every text of the mails about accounts", () => {
  const others = /^(common\.(hidden|unshown)|digest|missed_message|onboarding)/;
  assert.deepEqual(
    Object.keys(EN).filter((key) => !others.test(key)).sort(),
    Object.keys(DE).sort(),
  );
});

Deno.test("every text that counts has the forms of its language", () => {
  for (const catalogue of [EN, DE]) {
    for (const [key, entry] of Object.entries(catalogue)) {
      if (typeof entry !== "string") assert.deepEqual(Object.keys(entry), ["one", "other"], key);
    }
  }
});
