import assert from "node:assert/strict";
import { Catalogues } from "../../../../lib/domain/mail/templates/catalogues.ts";
import { TemplateFiles } from "../../../../lib/domain/mail/templates/template_files.ts";
import { withTemplates } from "../../../fixtures/mail/templates.ts";

const LOCALES: Readonly<Record<string, string>> = {
  "locales/en.json": JSON.stringify({
    "x.name": "Hello {name}",
    "x.only": "Only English",
    "x.days": { one: "{count} day", other: "{count} days" },
    "y.a": "a",
  }),
  "locales/de.json": JSON.stringify({
    "x.name": "Hallo {name}",
    "x.days": { one: "{count} Tag", other: "{count} Tage" },
  }),
  "locales/de_at.json": JSON.stringify({ "x.name": "Servus {name}" }),
  "locales/pl.json": JSON.stringify({
    "x.days": { one: "{count} dzień", few: "{count} dni", other: "{count} dnia" },
  }),
};

function inLocales(
  files: Readonly<Record<string, string>>,
  test: (catalogues: Catalogues) => void,
): Promise<void> {
  return withTemplates({ ...LOCALES, ...files }, (_, folder) => {
    test(new Catalogues(new TemplateFiles(folder)));
  });
}

const TEXTS: readonly [
  language: string,
  key: string,
  args: Record<string, unknown>,
  text: string,
][] = [
  ["en", "x.name", { name: "Ann" }, "Hello Ann"],
  ["de", "x.name", { name: "Ann" }, "Hallo Ann"],
  ["de-CH", "x.name", { name: "Ann" }, "Hallo Ann"],
  ["de-AT", "x.name", { name: "Ann" }, "Servus Ann"],
  ["de_at", "x.days", { count: 2 }, "2 Tage"],
  ["de", "x.only", {}, "Only English"],
  ["sv", "x.name", { name: "Ann" }, "Hello Ann"],
  ["", "x.name", { name: "Ann" }, "Hello Ann"],
  ["de-abcda-abcdb-abcdc-abcdd-abcde-abcdf", "x.name", { name: "Ann" }, "Hello Ann"],
  ["../../etc", "x.name", { name: "Ann" }, "Hello Ann"],
  ["en", "x.days", { count: 1 }, "1 day"],
  ["en", "x.days", { count: 0 }, "0 days"],
  ["en", "x.days", { count: 12345 }, "12,345 days"],
  ["de", "x.days", { count: 12345n }, "12.345 Tage"],
  ["pl", "x.days", { count: 3 }, "3 dni"],
  ["pl", "x.days", { count: 5 }, "5 dnia"],
  ["en", "x.name", { name: "{count}" }, "Hello {count}"],
  ["en", "x.name", { name: "" }, "Hello "],
];

for (const [language, key, args, text] of TEXTS) {
  const values = JSON.stringify(
    args,
    (_, value) => typeof value === "bigint" ? `${value}n` : value,
  );
  Deno.test(`${key} with ${values} is "${text}" in "${language}"`, () =>
    inLocales({}, (catalogues) => assert.equal(catalogues.text(language, key, args), text)));
}

const LANGUAGES: readonly [wanted: string, language: string][] = [
  ["de", "de"],
  ["de_AT", "de-AT"],
  ["en-gb", "en-GB"],
  ["sv", "en"],
  ["no language", "en"],
];

for (const [wanted, language] of LANGUAGES) {
  Deno.test(`a mail for a user with the language ${wanted} is written in ${language}`, () =>
    inLocales({}, (catalogues) => assert.equal(catalogues.languageOf("x", wanted), language)));
}

Deno.test("a mail is in English if the user's language has no text of its template", () =>
  inLocales({}, (catalogues) => assert.equal(catalogues.languageOf("y", "de"), "en")));

Deno.test("a text needs its values, its count and the form other", () =>
  inLocales({ "locales/fr.json": `{ "x.days": { "one": "jour" } }` }, (catalogues) => {
    assert.throws(() => catalogues.text("en", "x.name", { name: null }), {
      message: "the text x.name of mails needs a value for {name}",
    });
    assert.throws(() => catalogues.text("en", "x.days", {}), {
      message: "the text x.days of mails needs a count",
    });
    assert.throws(() => catalogues.text("fr", "x.days", { count: 2 }), {
      message: 'the text x.days in locales/fr.json has no form "other"',
    });
    assert.throws(() => catalogues.text("en", "novel", {}), {
      message: "no catalogue of mails has the text novel: add it to locales/en.json",
    });
  }));

Deno.test("a catalogue that is not valid is an error that names its file", () =>
  inLocales(
    { "locales/fr.json": `{ "x.days": 3 }` },
    (catalogues) =>
      assert.throws(() => catalogues.text("fr", "x.days", {}), {
        message: "locales/fr.json is no catalogue of mails: it must be an object of texts, or of " +
          "texts by plural form",
      }),
  ));
