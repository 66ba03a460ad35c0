/**
 * Finding and rendering mail templates: names, folders, limits, and what an error says.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type MailContext,
  MailTemplates,
  type RenderedMail,
} from "../../../../lib/domain/mail/templates/mail_templates.ts";
import { withSharedKeys } from "../../../../lib/domain/mail/templates/shared_keys.ts";
import { PLAIN, withTemplates } from "../../../fixtures/mail/templates.ts";

const OWN = new MailTemplates();
const RESET = OWN.sample("password_reset");
const HOSTILE = `<b>"Tom" & 'Ann'</b>`;

/** Renders a template that has one part other than {@linkcode PLAIN}. */
async function rendered(
  parts: Readonly<Record<string, string>>,
  context: MailContext = {},
  language = "en",
): Promise<RenderedMail> {
  const files = { ...PLAIN, ...parts };
  let mail: RenderedMail | undefined;
  await withTemplates(files, (templates) => {
    mail = templates.render("plain", language, { name: "Ann", ...context });
  });
  assert(mail);
  return mail;
}

Deno.test("a mail is found by its name, with Zulip's prefix or without", () => {
  const mail = OWN.render("password_reset", "en", RESET);
  assert.deepEqual(OWN.render("zerver/emails/password_reset", "en", RESET), mail);
  assert.equal(mail.subject, "Password reset request for Acme Robotics");
});

Deno.test("a value is escaped in HTML, and is as it was in subject and text", async () => {
  const { subject, text, html } = await rendered({}, { name: HOSTILE });
  assert.equal(subject, HOSTILE);
  assert.equal(text, `${HOSTILE}\n`);
  assert.equal(html, "&lt;b&gt;&#34;Tom&#34; &amp; &#39;Ann&#39;&lt;/b&gt;");
});

Deno.test("a value in a text of a catalogue is escaped in HTML as well", async () => {
  const { html } = await rendered({
    "locales/en.json": `{ "plain.hello": "Hello & welcome, {name}" }`,
    "plain.html": `{{ "plain.hello" | t: name: name }}`,
  }, { name: "<i>{name}</i>" });
  assert.equal(html, "Hello &amp; welcome, &lt;i&gt;{name}&lt;/i&gt;");
});

Deno.test("a subject is one line without blanks around it", async () => {
  const { subject } = await rendered({ "plain.subject.txt": "\n\n {{ name }} \n" }, {
    name: "To\r\nBcc: eve@example.com\u2028x",
  });
  assert.equal(subject, "ToBcc: eve@example.comx");
});

const UNKNOWN: readonly [name: string, message: RegExp][] = [
  ["pasword_reset", /^there is no mail template pasword_reset; did you mean password_reset\?/],
  [
    "zerver/emails/novel",
    /^there is no mail template zerver\/emails\/novel\ntemplates: .*password_reset/,
  ],
  ["../password_reset", /^there is no mail template \.\.\/password_reset/],
  ["/etc/passwd", /^there is no mail template \/etc\/passwd/],
  ["layout/../password_reset", /^there is no mail template layout\/\.\.\/password_reset/],
  ["password_reset\0", /^there is no mail template password_reset\0/],
  ["Password_Reset", /^there is no mail template Password_Reset/],
  ["", /^there is no mail template /],
  ["layout/base", /^the mail template layout\/base lacks its file layout\/base\.subject\.txt$/],
];

for (const [name, message] of UNKNOWN) {
  Deno.test(`there is no mail template ${JSON.stringify(name)}`, () => {
    assert.throws(() => OWN.render(name, "en", RESET), { name: "TemplateError", message });
  });
}

Deno.test("a file in the operator's folder takes the place of one file", async () => {
  await withTemplates({ "password_reset.subject.txt": "Hi {{ email }}" }, (templates) => {
    const mail = templates.render("password_reset", "en", RESET);
    const own = OWN.render("password_reset", "en", RESET);
    const html = own.html.replace(/<title>.*<\/title>/, "<title>Hi maya@example.com</title>");
    assert.deepEqual(mail, { ...own, subject: "Hi maya@example.com", html });
  });
});

Deno.test("the operator's folder can hold a layout, parts and texts", async () => {
  const files = {
    "layout/base.txt": "{% block content %}{% endblock %} {% render 'parts/mine' %}",
    "parts/mine.txt": "Bye",
    "locales/en.json": `{ "password_reset.ignore": "Never mind" }`,
  };
  await withTemplates(files, (templates) => {
    const { text, html } = templates.render("password_reset", "en", RESET);
    assert.match(text, /Never mind/);
    assert.match(text, /\nBye\n$/);
    assert.match(html, /Never mind/);
  });
});

Deno.test("a template of the operator's own is listed beside the others", async () => {
  await withTemplates({ ...PLAIN, "UPPER.subject.txt": "" }, (templates) => {
    assert.deepEqual(templates.names(), [...OWN.names(), "plain"].sort());
    assert.deepEqual(templates.declaration("plain").required, []);
  });
});

Deno.test("a link that leads out of the operator's folder is refused, one within it is not", async () => {
  await withTemplates({ ...PLAIN, "other.txt": "other" }, (templates, folder) => {
    Deno.removeSync(`${folder}/plain.txt`);
    Deno.symlinkSync(`${folder}/other.txt`, `${folder}/plain.txt`);
    assert.equal(templates.render("plain", "en", { name: "Ann" }).text, "other\n");
    Deno.symlinkSync("/etc/hostname", `${folder}/password_reset.txt`);
    assert.throws(() => templates.render("password_reset", "en", RESET), {
      name: "TemplateError",
      message: `${Deno.realPathSync(folder)}/password_reset.txt is a link out of the folder of ` +
        `TEMPLATES_DIR: put the file itself there`,
    });
  });
});

Deno.test("a folder of templates that is not there is an error", () => {
  assert.throws(() => new MailTemplates("/nonexistent"), {
    message: "the folder of TEMPLATES_DIR, /nonexistent, cannot be read: ENOENT",
  });
  assert.throws(() => new MailTemplates("/etc/hostname"), {
    message: "TEMPLATES_DIR is /etc/hostname, which is not a folder",
  });
});

const FAILURES: readonly [template: string, message: RegExp][] = [
  ["{% for n in (1..100000000) %}x{% endfor %}", /fails in plain\.txt: memory alloc limit/],
  ["{{ a }}", /^the mail template plain needs a in its context: add this key .*by plain\.txt\)$/],
  ["{% for n in a %}{% endfor %}", /plain needs a in its context/],
  ["{{ name.constructor }}", /plain needs name\.constructor in its context/],
  [
    "{{ name | novel }}",
    /fails in plain\.txt: undefined filter: novel, file:plain, line:1, col:1$/,
  ],
  ["{% if %}", /fails in plain\.txt: .*line:1/],
  [
    "{% include '../secret' %}",
    /^a mail template names another by what is no name: .*by plain\.txt\)$/,
  ],
  ["{% include '/etc/hostname' %}", /by what is no name/],
  ["{% include name %}", /by what is no name/],
  ["{% include 'novel' %}", /fails in plain\.txt: .*novel/],
  ["{{ 'novel.key' | t }}", /no catalogue of mails has the text novel\.key.*by plain\.txt\)$/],
];

for (const [template, message] of FAILURES) {
  Deno.test(`the template ${template} fails with the reason`, async () => {
    await assert.rejects(rendered({ "plain.txt": template }), { name: "TemplateError", message });
  });
}

Deno.test("the error of a template quotes no value of the context", async () => {
  const secret = "sesame-4711";
  await assert.rejects(
    rendered({ "plain.txt": "{{ name }} {% include name %}" }, { name: secret }),
    ({ message }: Error) => !message.includes(secret),
  );
});

Deno.test("a declaration that is not valid is an error", async () => {
  const files = { "plain.json": `{ "require": ["name"] }` };
  await assert.rejects(rendered(files), /^TemplateError: plain\.json does not declare a mail/);
});

Deno.test("a key that a template declares as required is named when it is missing", async () => {
  const files = { "plain.json": `{ "required": ["name", "a", "b"] }` };
  await assert.rejects(rendered(files, { b: null }), {
    message: "the mail template plain needs a, b in its context: add these keys to the event",
  });
});

Deno.test("the keys of every mail take the place of the event's", () => {
  const context = withSharedKeys({ support_email: "mine", name: "Ann" }, {
    externalHost: "zulip.example.com:8443",
    scheme: "https://",
    administrator: "support@example.com",
    physicalAddress: "",
  });
  assert.deepEqual(context, {
    name: "Ann",
    support_email: "support@example.com",
    email_images_base_url: "https://zulip.example.com:8443/static/images/emails",
    physical_address: "",
  });
});

Deno.test("a sample that a template does not have is an error that lists those it has", () => {
  assert.throws(() => OWN.sample("password_reset", "novel"), {
    message: "the mail template password_reset has no sample novel\n" +
      "samples: active, deactivated, no_account",
  });
});

Deno.test("HTML says its language and which way it is written", async () => {
  const files = {
    ...{ "locales/ar.json": `{ "plain.x": "x" }`, "locales/pt.json": `{ "plain.x": "x" }` },
    "plain.html": "{{ mail.language }} {{ mail.direction }}",
  };
  const html = async (language: string) => (await rendered(files, {}, language)).html;
  assert.equal(await html("ar"), "ar rtl");
  assert.equal(await html("pt_BR"), "pt-BR ltr");
  assert.equal(await html("sv"), "en ltr");
  assert.equal((await rendered(files, {}, "ar")).language, "ar");
});
