/**
 * Messages to be shown, and texts, for tests.
 *
 * @module
 */

import { MailTemplates } from "../../../lib/domain/mail/templates/mail_templates.ts";
import type { ShownMessage } from "../../../lib/domain/push/contents.ts";
import type { TextOf } from "../../../lib/domain/messages/missed/words.ts";

const TEMPLATES = new MailTemplates();

/** The texts of a language. */
export function textIn(language: string): TextOf {
  return (...args) => TEMPLATES.text(language, ...args);
}

/** A realm. */
export const REALM = {
  ...{ id: 2, name: "Acme", url: "https://acme.zulip.example", server: "zulip.example" },
};

/** A message of Ben to Ada in the channel kitchen, about which Ada gets every push. */
export const MESSAGE: ShownMessage = {
  realm: REALM,
  ...{ readerId: 7, id: 4711, trigger: "stream_push_notify", group: undefined },
  sentAt: new Date("2026-03-01T12:00:00.250Z"),
  sender: {
    ...{ id: 9, name: "Ben & Co", email: "ben@zulip.example" },
    avatarUrl: "https://acme.zulip.example/avatar/9?version=1",
  },
  place: { kind: "channel", id: 5, name: "kitchen", topic: "lunch" },
  ...{ text: "Soup?", hidesText: false },
};

/** The place of direct messages between users, whose names are `N<id>`. */
export function direct(...userIds: number[]): ShownMessage["place"] {
  return { kind: "direct", userIds, names: userIds.map((id) => `N${id}`) };
}
