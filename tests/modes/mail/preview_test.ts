import assert from "node:assert/strict";
import type { MailPreviewCommand } from "../../../lib/command_line/command.ts";
import { loadConfig } from "../../../lib/config/config.ts";
import { runPreview } from "../../../lib/modes/mail/preview.ts";
import { OWN } from "../../fixtures/mail/samples.ts";
import { PLAIN, withTemplates } from "../../fixtures/mail/templates.ts";
import { COMMON, MemoryServices } from "../memory_services.ts";

const PREVIEW: MailPreviewCommand = {
  mode: "mail",
  action: "preview",
  template: undefined,
  language: undefined,
  json: undefined,
  sample: undefined,
  format: undefined,
  ...COMMON,
};
const SITE = {
  EXTERNAL_HOST: "chat.example.org",
  ZULIP_ADMINISTRATOR: "help@example.org",
  PHYSICAL_ADDRESS: "1 Long Lane",
};

/** Runs the command; its exit code must be 0. @returns What it printed. */
function preview(
  command: Partial<MailPreviewCommand>,
  environment: Record<string, string> = {},
  services: MemoryServices = new MemoryServices(),
): string {
  const config = loadConfig({ ...SITE, ...environment });
  assert.equal(runPreview({ ...PREVIEW, ...command }, config, services), 0);
  return services.printed.join("\n");
}

Deno.test("mail preview lists all templates, each with a line about it", () => {
  const lines = preview({}).split("\n");
  assert.deepEqual(lines.map((line) => line.split(" ")[0]), OWN.names());
  assert(lines.includes(`digest${" ".repeat(25)}  What happened while a user was away`));
});

Deno.test("mail preview prints subject and text of a sample, with what this server is called", () => {
  const text = preview({ template: "password_reset" });
  assert.match(text, /^Subject: Password reset request for Acme Robotics\n\nWe received a request/);
  assert.match(text, /\nhelp@example\.org\n\n1 Long Lane$/);
});

Deno.test("mail preview prints the part that --format names", () => {
  const template = "invitation";
  const html = preview({ template, format: "html" });
  assert.match(html, /^<!DOCTYPE html>[^]*<\/html>$/);
  assert.match(preview({ template, format: "text" }), /^Hi there,/);
  assert.equal(
    preview({ template, format: "subject" }),
    "Tomás Rey has invited you to join Acme Robotics",
  );
});

Deno.test("mail preview shows the sample that --sample names", () => {
  const text = preview({ template: "find_team", sample: "none" });
  assert.match(text, /^Subject: No Zulip accounts found\n/);
});

Deno.test("mail preview takes the language of the server, or that of --language", () => {
  const command = { template: "two_factor_code", format: "subject" } as const;
  assert.equal(preview(command, { LANGUAGE_CODE: "de" }), "Dein Zulip-Anmeldecode");
  assert.equal(preview({ ...command, language: "de_CH" }), "Dein Zulip-Anmeldecode");
  assert.equal(preview(command), "Your Zulip login code");
});

Deno.test("mail preview says when a template has no text in the language", () => {
  const services = new MemoryServices();
  const command = { template: "two_factor_code", format: "subject", language: "sv" } as const;
  assert.equal(preview(command, {}, services), "Your Zulip login code");
  assert.deepEqual(services.warned, ["two_factor_code has no text in sv: it is in English"]);
  preview({ ...command, language: "de-AT" }, {}, services);
  assert.equal(services.warned.length, 1);
});

const RESET = { email: "ann@example.org", realm_url: "https://x", realm_name: "<X>" };

Deno.test("mail preview takes a context of JSON", () => {
  const json = JSON.stringify({ ...RESET, realm_name: 12345678901234567890n.toString() });
  const text = preview({ template: "zerver/emails/password_reset", json });
  assert.match(text, /ann@example\.org in 12345678901234567890/);
  assert.match(text, /There is no account/);
});

Deno.test("mail preview takes a context from a file", async () => {
  await withTemplates({ "context.json": JSON.stringify(RESET) }, (_, folder) => {
    const json = `@${folder}/context.json`;
    const html = preview({ template: "password_reset", json, format: "html" });
    assert.match(html, /in &lt;X&gt;/);
  });
});

Deno.test("mail preview renders the operator's templates", async () => {
  const files = { ...PLAIN, "plain.json": `{ "samples": { "one": { "name": "Ann" } } }` };
  await withTemplates(files, (_, folder) => {
    const environment = { TEMPLATES_DIR: folder };
    assert.equal(preview({ template: "plain" }, environment), "Subject: Ann\n\nAnn");
    assert.match(preview({}, environment), /^plain$/m);
  });
});

const MISTAKES: readonly [command: Partial<MailPreviewCommand>, name: string, message: RegExp][] = [
  [
    { template: "digset" },
    "UsageError",
    /^there is no mail template digset; did you mean digest\?\ntemplates: account_registered, /,
  ],
  [
    { template: "digest", sample: "day" },
    "UsageError",
    /^the mail template digest has no sample day\nsamples: week, hidden_by_user, hidden_by_realm$/,
  ],
  [
    { template: "password_reset", json: `{ "email": "ann@example.org" }` },
    "TemplateError",
    /^the mail template password_reset needs realm_url, realm_name in its context/,
  ],
  [
    { template: "digest", json: "{" },
    "UsageError",
    /^the context in --json is not JSON: /,
  ],
  [
    { template: "digest", json: "[]" },
    "UsageError",
    /^the context in --json is not a JSON object: write \{"key": "value"\}$/,
  ],
  [
    { template: "digest", json: "@/nonexistent.json" },
    "UsageError",
    /^the context cannot be read from \/nonexistent\.json: ENOENT$/,
  ],
  [
    { template: "digest", json: "{}", sample: "week" },
    "UsageError",
    /^--json and --sample cannot be combined: give one of them$/,
  ],
];

for (const [command, name, message] of MISTAKES) {
  Deno.test(`mail preview refuses ${JSON.stringify(command)}`, () => {
    assert.throws(() => preview(command), { name, message });
  });
}
