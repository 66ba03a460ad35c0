/**
 * The mails that the program makes of its samples: their text as it is checked in, and what holds for
 * the HTML of all. `deno test -A FILE -- --update` rewrites the texts; read the difference then.
 *
 * @module
 */

import assert from "node:assert/strict";
import { OWN, type Sample, SAMPLES, templateFiles } from "../../../fixtures/mail/samples.ts";

const TEXTS = new URL("../../../fixtures/mail/", import.meta.url);
const HOSTILE = `<b>&"'`;
/** The templates that have German texts. */
const GERMAN = OWN.names().filter((name) => !/^(digest|missed_message|onboarding_.*)$/.test(name));

for (const [language, names] of [["en", OWN.names()], ["de", GERMAN]] as const) {
  for (const template of names) {
    Deno.test(`the mail ${template} reads as it is checked in, in ${language}`, () => {
      const mails = SAMPLES.filter((sample) => sample.template === template).map(({ name }) => {
        const { subject, text } = OWN.render(template, language, OWN.sample(template, name));
        return `===== ${name}\nSubject: ${subject}\n\n${text}`;
      });
      const file = new URL(`${language}/${template}.txt`, TEXTS);
      if (Deno.args.includes("--update")) Deno.writeTextFileSync(file, mails.join("\n"));
      assert.equal(mails.join("\n"), Deno.readTextFileSync(file));
    });
  }
}

Deno.test("every text that is checked in belongs to a mail", () => {
  for (const [language, names] of [["en", OWN.names()], ["de", GERMAN]] as const) {
    const files = [...Deno.readDirSync(new URL(`${language}/`, TEXTS))].map(({ name }) => name);
    assert.deepEqual(files.sort(), names.map((name) => `${name}.txt`));
  }
});

/** Registers a test of every sample's HTML. */
function testEach(title: string, test: (html: string, sample: Sample) => void): void {
  Deno.test(title, () => {
    for (const sample of SAMPLES) {
      const { html } = OWN.render(sample.template, "en", sample.context);
      try {
        test(html, sample);
      } catch (error) {
        throw new Error(`${sample.template}, sample ${sample.name}`, { cause: error });
      }
    }
  });
}

testEach("every link of a mail's text is in its HTML", (html, { template, context }) => {
  const { text } = OWN.render(template, "en", context);
  const targets = [...html.matchAll(/href="([^"]*)"/g)].map(([, target = ""]) => target);
  const links = text.match(/https?:\/\/\S+/g) ?? [];
  assert.deepEqual(links.filter((link) => !targets.includes(link)), []);
});

testEach("a mail's HTML has the whole text of its buttons' links to read and copy", (html) => {
  for (const [, link = ""] of html.matchAll(/<a class="button" href="([^"]+)"/g)) {
    assert(html.includes(`>${link}</a>`), link);
  }
});

testEach("a mail's HTML loads nothing, and runs nothing", (html) => {
  assert.doesNotMatch(html, /<(script|img|link|iframe|object|embed|form|base)\b|\bsrc=|\bon\w+=/i);
  assert.doesNotMatch(html, /@import|url\(|javascript:/i);
});

testEach("a mail's HTML suits phones and the dark", (html) => {
  assert.match(html, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
  assert.match(html, /<meta name="color-scheme" content="light dark">/);
  assert.match(html, /@media \(max-width: 520px\)/);
  assert.match(html, /@media \(prefers-color-scheme: dark\)/);
});

testEach("a mail's HTML has every tag closed", (html) => {
  const open: string[] = [];
  for (const [, slash, name = ""] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (["meta", "br"].includes(name)) continue;
    if (slash === "") open.push(name);
    else assert.equal(open.pop(), name);
  }
  assert.deepEqual(open, []);
});

testEach("a mail's HTML has its subject as title, and a preview of its content", (html, sample) => {
  const { subject } = OWN.render(sample.template, "en", sample.context);
  const [, title = ""] = /<title>(.*)<\/title>/.exec(html) ?? [];
  assert.equal(title.replaceAll("&gt;", ">").replaceAll("&#39;", "'"), subject);
  assert.match(html, /<div style="display:none;[^"]*">\w/);
});

testEach("every mail has one heading", (html) => {
  assert.equal(html.match(/<h1/g)?.length, 1);
});

/** A context in which every text holds {@linkcode HOSTILE}, except what is HTML. */
function hostile(value: unknown, key = ""): unknown {
  if (typeof value === "string") return key === "html" ? value : `${value}${HOSTILE}`;
  if (Array.isArray(value)) return value.map((each) => hostile(each, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, hostile(each, name)]),
  );
}

Deno.test("every text of an event is escaped in a mail's HTML, and in its text is as it was", () => {
  for (const { template, name, context } of SAMPLES) {
    const { html, text } = OWN.render(template, "en", hostile(context) as typeof context);
    assert(!html.includes("<b>&"), `${template}, ${name}`);
    assert(html.includes("&lt;b&gt;&amp;&#34;&#39;"), `${template}, ${name}`);
    assert(text.includes(HOSTILE) && !text.includes("&lt;"), `${template}, ${name}`);
  }
});

Deno.test("only messages that are HTML already go into a mail unescaped", () => {
  const raw = [...templateFiles(".html")].flatMap(([path, text]) =>
    (text.match(/\{\{[^}]*raw[^}]*\}\}/g) ?? []).map((output) => `${path} ${output}`)
  );
  assert.deepEqual(raw.sort(), [
    "./digest.html {{ channel | raw }}",
    "./digest.html {{ conversation.first_few_messages.header.html | raw }}",
    "./digest.html {{ message.html | raw }}",
    "./missed_message.html {{ message.html | raw }}",
  ]);
});

Deno.test("a digest that only counts leaves out counts of zero", () => {
  const sample = OWN.sample("digest", "hidden_by_realm");
  const table = [[3, 0, "* 3 messages"], [0, 1, "* 1 channel"], [
    1,
    2,
    "* 1 message\n* 2 channels",
  ]];
  for (const [new_messages_count, new_streams_count, counts] of table) {
    const context = { ...sample, new_messages_count, new_streams_count };
    const { text, html } = OWN.render("digest", "en", context);
    assert.match(text, new RegExp(`last there:\n${counts}\n\n`.replaceAll("*", "\\*")));
    assert.equal(html.match(/<li/g)?.length, String(counts).split("\n").length);
  }
});

Deno.test("a postal address and the link to unsubscribe are in the footer where they are known", () => {
  const context = OWN.sample("digest");
  const { html, text } = OWN.render("digest", "en", context);
  const link = String(context["unsubscribe_link"]);
  for (const part of [html, text]) {
    assert(part.includes(link) && part.includes("12 Harbour Street"));
  }
  const bare = OWN.render("password_reset", "en", {
    ...OWN.sample("password_reset"),
    physical_address: "",
  });
  assert.doesNotMatch(bare.html, /Unsubscribe|Harbour/);
  assert.doesNotMatch(bare.text, /Unsubscribe|Harbour/);
});
