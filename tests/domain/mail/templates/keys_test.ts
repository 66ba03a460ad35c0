/**
 * The keys that templates declare, and those that they use.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { MailContext } from "../../../../lib/domain/mail/templates/mail_templates.ts";
import { OWN, SAMPLES } from "../../../fixtures/mail/samples.ts";

/** The mails that Zulip sends, and one of our own: `two_factor_code`. */
const MAILS: readonly string[] = [
  "account_registered",
  "confirm_demo_organization_email",
  "confirm_new_email",
  "confirm_registration",
  "deactivate",
  "digest",
  "find_team",
  "invitation",
  "invitation_reminder",
  "missed_message",
  "notify_change_in_email",
  "notify_new_login",
  "onboarding_team_to_zulip",
  "onboarding_zulip_guide",
  "onboarding_zulip_topics",
  "password_reset",
  "realm_deactivated",
  "realm_reactivation",
  "two_factor_code",
];
/** What every context can have. */
const SHARED = ["support_email", "email_images_base_url", "physical_address"];
const COMMON = [
  "realm_url",
  "realm_name",
  "root_domain_url",
  "external_url_scheme",
  "external_host",
  "user_name",
  "corporate_enabled",
];

function without(context: MailContext, key: string): MailContext {
  return Object.fromEntries(Object.entries(context).filter(([name]) => name !== key));
}

Deno.test("every mail of Zulip's workers has a template, with a line about it and a sample", () => {
  assert.deepEqual(OWN.names(), MAILS);
  for (const name of MAILS) {
    const { about, samples } = OWN.declaration(name);
    assert(about !== "" && Object.keys(samples).length > 0, name);
  }
});

for (const template of MAILS) {
  Deno.test(`the mail ${template} names each required key that its context lacks`, () => {
    const context = OWN.sample(template);
    const { required } = OWN.declaration(template);
    assert(required.length > 0);
    for (const key of required) {
      for (const language of ["en", "de"]) {
        assert.throws(() => OWN.render(template, language, without(context, key)), {
          name: "TemplateError",
          message:
            `the mail template ${template} needs ${key} in its context: add this key to the event`,
        });
      }
    }
  });
}

Deno.test("a key that is optional can be missing, or the error names what that mail prints", () => {
  for (const { template, name, context } of SAMPLES) {
    const { required } = OWN.declaration(template);
    for (const key of Object.keys(context).filter((key) => !required.includes(key))) {
      try {
        OWN.render(template, "en", without(context, key));
      } catch (error) {
        const message = /^the mail template (\w+) needs (\w+)[.\w]* in its context/;
        const [, named, needed = ""] = message.exec((error as Error).message) ?? [];
        assert.equal(named, template, `${template}, ${name}, ${key}: ${error}`);
        assert(needed === key || !(needed in context), `${template}, ${name}, ${key}: ${error}`);
      }
    }
  }
});

Deno.test("no key is both required and optional, and a sample has only keys that are declared", () => {
  for (const { template, name, context } of SAMPLES) {
    const { required, optional, common } = OWN.declaration(template);
    assert.deepEqual(required.filter((key) => optional.includes(key)), [], template);
    const known = [...required, ...optional, ...SHARED, ...common ? COMMON : []];
    const unknown = Object.keys(context).filter((key) => !known.includes(key));
    assert.deepEqual(unknown, [], `${template}, ${name}`);
  }
});

Deno.test("the optional keys that a mail prints in every case are required", () => {
  for (const template of MAILS) {
    const { required } = OWN.declaration(template);
    const samples = SAMPLES.filter((sample) => sample.template === template);
    const keys = new Set(samples.flatMap(({ context }) => Object.keys(context)));
    for (const key of [...keys].filter((key) => !required.includes(key))) {
      const isEverNeedless = samples.some(({ context }) => {
        try {
          return OWN.render(template, "en", without(context, key)) !== undefined;
        } catch {
          return false;
        }
      });
      assert(isEverNeedless, `${template}: ${key}`);
    }
  }
});
