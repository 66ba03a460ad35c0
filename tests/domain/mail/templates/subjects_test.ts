/**
 * The subjects of all mails, which are Zulip's.
 *
 * @module
 */

import assert from "node:assert/strict";
import { OWN, SAMPLES } from "../../../fixtures/mail/samples.ts";

const CHANNEL = "#assembly > gripper tests";

/** By template and sample. */
const SUBJECTS: Readonly<Record<string, string>> = {
  "account_registered member": "Acme Robotics on Zulip: Your new account details",
  "account_registered organization": "Acme Robotics on Zulip: Your new organization details",
  "account_registered ldap": "Acme Robotics on Zulip: Your new account details",
  "confirm_demo_organization_email first":
    "Verify your email address for your Zulip demo organization",
  "confirm_new_email change": "Verify your new email address for acme.zulip.example.com",
  "confirm_registration create": "Create your Zulip organization",
  "confirm_registration join": "Activate your Zulip account",
  "confirm_registration cloud": "Activate your Zulip account",
  "deactivate comment": "Notification of account deactivation on Acme Robotics",
  "deactivate plain": "Notification of account deactivation on Acme Robotics",
  "digest week": "Zulip digest for Acme Robotics",
  "digest hidden_by_user": "Zulip digest for Acme Robotics",
  "digest hidden_by_realm": "Zulip digest for Acme Robotics",
  "find_team found": "Your Zulip accounts",
  "find_team one": "Your Zulip accounts",
  "find_team none": "No Zulip accounts found",
  "find_team none_cloud": "No Zulip accounts found",
  "invitation invited": "Tomás Rey has invited you to join Acme Robotics",
  "invitation_reminder reminder": "Reminder: Join Tomás Rey at Acme Robotics",
  "missed_message mention": CHANNEL,
  "missed_message direct": "DMs with Tomás Rey",
  "missed_message group_two": "Group DMs with Tomás Rey and Ines Falk",
  "missed_message group_three": "Group DMs with Tomás Rey, Ines Falk, and Ola Dahl",
  "missed_message group_many": "Group DMs with Tomás Rey, Ines Falk, and 3 others",
  "missed_message resolved": `[resolved] ${CHANNEL}`,
  "missed_message realm_in_subject": `${CHANNEL} [Acme Robotics]`,
  "missed_message user_group": CHANNEL,
  "missed_message topic_wildcard": CHANNEL,
  "missed_message channel_wildcard": CHANNEL,
  "missed_message topic_wildcard_followed": CHANNEL,
  "missed_message channel_wildcard_followed": CHANNEL,
  "missed_message no_replies": "DMs with Tomás Rey",
  "missed_message hidden_by_user": "New messages",
  "missed_message hidden_by_realm": "New messages [Acme Robotics]",
  "notify_change_in_email changed": "Zulip email changed for Acme Robotics",
  "notify_new_login text": "New login from Firefox on Linux",
  "notify_new_login instant": "New login from An unknown browser on an unknown operating system",
  "onboarding_team_to_zulip team": "Choosing the chat app for your team",
  "onboarding_zulip_guide business": "Zulip guide for businesses",
  "onboarding_zulip_guide opensource": "Zulip guide for open-source projects",
  "onboarding_zulip_guide education": "Zulip guide for education",
  "onboarding_zulip_guide research": "Zulip guide for research",
  "onboarding_zulip_guide event": "Zulip guide for events and conferences",
  "onboarding_zulip_guide nonprofit": "Zulip guide for non-profits",
  "onboarding_zulip_guide community": "Zulip guide for communities",
  "onboarding_zulip_topics topics": "Keep your conversations organized with topics",
  "password_reset active": "Password reset request for Acme Robotics",
  "password_reset deactivated": "Password reset request for Acme Robotics",
  "password_reset no_account": "Password reset request for Acme Robotics",
  "realm_deactivated owner": "Your Zulip organization Acme Robotics has been deactivated",
  "realm_deactivated you": "Your Zulip organization Acme Robotics has been deactivated",
  "realm_deactivated server": "Your Zulip organization Acme Robotics has been deactivated",
  "realm_reactivation request": "Reactivate your Zulip organization",
  "two_factor_code code": "Your Zulip login code",
  "two_factor_code minute": "Your Zulip login code",
};

Deno.test("every sample of every mail has a subject in the table", () => {
  const keys = SAMPLES.map(({ template, name }) => `${template} ${name}`);
  assert.deepEqual(keys.sort(), Object.keys(SUBJECTS).sort());
});

for (const { template, name, context } of SAMPLES) {
  const subject = SUBJECTS[`${template} ${name}`] ?? "";
  Deno.test(`the subject of ${template}, sample ${name}, is "${subject}"`, () => {
    assert.equal(OWN.render(template, "en", context).subject, subject);
  });
}

Deno.test("the guide for a type of organization that is not known has a general subject", () => {
  const context = { ...OWN.sample("onboarding_zulip_guide"), organization_type: "novel" };
  const { subject } = OWN.render("onboarding_zulip_guide", "en", context);
  assert.equal(subject, "Zulip guide for your organization");
});

Deno.test("a mail whose event does not say that content may be shown hides it", () => {
  const { show_message_content: _, ...context } = OWN.sample("missed_message");
  const { subject, text, html } = OWN.render("missed_message", "en", context);
  assert.equal(subject, "New messages");
  for (const part of [text, html]) assert.doesNotMatch(part, /run 12 is done|Tomás/);
});
