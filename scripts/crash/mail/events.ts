/**
 * The events of the crash suite's mode with mails, with the bodies of Zulip's publishers.
 *
 * @module
 */

import type { MailUser } from "../../users.ts";
import type { Random } from "../random.ts";

/** The queues of this mode. */
export const QUEUES = ["email_senders", "user_activity"] as const;

/** A queue of this mode. */
export type Queue = typeof QUEUES[number];

/** An event that is published. */
export interface NewEvent {
  /** What the suite calls it: the addresses of a mail, the query of an activity. */
  readonly name: string;
  readonly queue: Queue;
  readonly body: Readonly<Record<string, unknown>>;
  /** Its `message_id`; Zulip's own publishers set none. */
  readonly id: string | undefined;
}

/** Of 10 events, those that are mails, and those that have an id. */
const [MAILS, WITH_ID] = [4, 8];
/** Events of one query, which share a row. */
const SHARED = 5;
const REALM = { realm_url: "https://acme.zulip.example", realm_name: "Acme" };

/** Makes the next event. @param number Its number, from 0. */
export function nextEvent(
  number: number,
  random: Random,
  users: readonly MailUser[],
  client: number,
): NewEvent {
  const [isMail, hasId] = [random.below(10) < MAILS, random.below(10) < WITH_ID];
  const [isAwaited, isPair] = [random.below(2) === 0, random.below(5) === 0];
  const id = hasId ? `crash-${number}` : undefined;
  if (!isMail) return activity(number, id, users, client);
  const user = users[number];
  const addresses = user && !isPair
    ? [user.address]
    : [`mail${number}@crash.example`, ...isPair ? [`copy${number}@crash.example`] : []];
  const to = user && !isPair ? { to_user_ids: [user.id] } : { to_emails: addresses };
  const body = { ...isAwaited ? passwordReset(number) : newLogin(number), ...to };
  return { name: addresses.join(" "), queue: "email_senders", body, id };
}

/** Somebody waits for this mail, so that it is sent again when nobody knows whether it was sent. */
function passwordReset(number: number) {
  return {
    template_prefix: "zerver/emails/password_reset",
    from_name: "Zulip account security",
    from_address: "TOKENIZED_NO_REPLY",
    language: "en",
    context: {
      email: "somebody@people.example",
      ...REALM,
      active_account_in_realm: true,
      reset_url: `${REALM.realm_url}/accounts/password/reset/${number}/`,
    },
  };
}

/** Nobody waits for this one: it is reported then. */
function newLogin(number: number) {
  return {
    template_prefix: "zerver/emails/notify_new_login",
    from_name: "Zulip account security",
    from_address: "NO_REPLY",
    language: "de",
    context: {
      ...REALM,
      user_name: `User ${number}`,
      user_email: "somebody@people.example",
      login_time: "Thu, Mar 5, 2026, 17:04:09 GMT",
      device_ip: "203.0.113.24",
      device_os: "Linux",
      device_browser: "Firefox",
      unsubscribe_link: `${REALM.realm_url}/accounts/unsubscribe/login/${number}`,
    },
  };
}

/** Events with an id have other queries than those without. */
function activity(
  number: number,
  id: string | undefined,
  users: readonly MailUser[],
  client: number,
): NewEvent {
  const name = `${id === undefined ? "anonymous" : "named"}_${Math.floor(number / SHARED)}`;
  const user_profile_id = users[0]?.id;
  const time = 1_795_986_000 + number / 4;
  return {
    name,
    queue: "user_activity",
    body: { user_profile_id, client_id: client, query: name, time },
    id,
  };
}
