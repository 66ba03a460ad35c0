/**
 * How a user reads the messages of a mail.
 *
 * @module
 */

import type { MailUser } from "../../users/mail_users.ts";
import type { MailReader } from "./mail_page.ts";

/** Where a user reads. */
export interface ReadingPlace extends Pick<MailReader, "realmUrl" | "spoilerText" | "unshownText"> {
  /** The time zone for users who have set none. */
  readonly timeZone: string;
}

/** Zulip's STATIC_URL, where it is not set. */
const STATIC_URL = "/static/";

/** The reader that a user is. */
export function userReader(
  user: Pick<MailUser, "emojiset" | "language" | "timeZone" | "isTwentyFourHour">,
  { timeZone, ...place }: ReadingPlace,
): MailReader {
  return {
    ...place,
    staticUrl: STATIC_URL,
    emojiset: user.emojiset,
    dates: {
      language: user.language,
      timezone: user.timeZone ?? timeZone,
      hasTwentyFourHours: user.isTwentyFourHour,
    },
  };
}
