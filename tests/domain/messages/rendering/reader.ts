/** A reader of mail for the tests of rendering. */

import type { MailReader } from "../../../../lib/domain/messages/rendering/mail_page.ts";

/** A user in New York, at a realm whose static files are on its own host. */
export const READER: MailReader = {
  realmUrl: "https://acme.example.com",
  staticUrl: "/static/",
  emojiset: "google",
  dates: { language: "en-US", timezone: "America/New_York" },
  spoilerText: "Open Zulip to see the spoiler content",
  unshownText: "This message cannot be shown",
};
