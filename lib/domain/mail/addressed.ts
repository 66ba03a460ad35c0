/**
 * Who gets a mail, and in which language and for which realm it is written.
 *
 * @module
 */

import type { Addressee, MailRealm } from "../users/addressees.ts";
import type { Mailbox } from "./address.ts";
import { MailError } from "./mail_error.ts";

/** To whom an event says that its mail goes; the singular keys are those of older servers. */
export interface AddressedEvent {
  readonly to_user_ids?: readonly number[] | null | undefined;
  readonly to_emails?: readonly string[] | null | undefined;
  readonly to_user_id?: number | null | undefined;
  readonly to_email?: string | null | undefined;
}

/** To users or to addresses, not to both. */
export type AddressedTo =
  | { readonly users: readonly number[] }
  | { readonly addresses: readonly string[] };

/** The recipients of a mail. */
export interface Recipients {
  /** Empty where none of the users can get mail. */
  readonly to: readonly Mailbox[];
  /** The language of the first user; `undefined` for mere addresses. */
  readonly language: string | undefined;
  /** The realm that the event names, else that of the users; `undefined` where there is neither. */
  readonly realmId: number | undefined;
  /** That realm, where it is one of the users'. */
  readonly realm?: MailRealm | undefined;
}

/**
 * To whom an event says that its mail goes.
 *
 * @throws {MailError} When it names nobody, or both users and addresses.
 */
export function addressedTo(event: AddressedEvent): AddressedTo {
  const users = event.to_user_ids ?? listOf(event.to_user_id);
  const addresses = event.to_emails ?? listOf(event.to_email);
  if (users?.length && addresses?.length) {
    throw new MailError("The event has both to_user_ids and to_emails: it must have one of them");
  }
  if (users?.length) return { users };
  if (addresses?.length) return { addresses };
  throw new MailError("The event has neither to_user_ids nor to_emails: it must name a recipient");
}

/**
 * The recipients among users. Bots, and users who have given no address, get no mail.
 *
 * @param users Those found, in the order of the ids.
 * @param ids Those that the event names.
 * @param realmId The event's `realm_id`.
 * @throws {MailError} When one does not exist, or they are of several realms.
 */
export function recipientsOf(
  users: readonly Addressee[],
  ids: readonly number[],
  realmId: number | null | undefined,
): Recipients {
  const missing = ids.filter((id) => !users.some((user) => user.id === id));
  if (missing.length > 0) {
    throw new MailError(`The database has no user ${missing.join(", ")}, to whom the mail goes`);
  }
  const realms = new Set(users.map(({ realm }) => realm.id));
  if (realmId === undefined || realmId === null) {
    if (realms.size > 1) {
      const text = [...realms].sort((a, b) => a - b).join(", ");
      throw new MailError(`The users of one mail must be of one realm, and are of ${text}`);
    }
  }
  const [first] = users;
  const mailRealmId = realmId ?? first?.realm.id;
  return {
    to: users.filter(({ isBot, address }) => !isBot && address !== "")
      .map(({ name, address }) => ({ name, address })),
    language: first?.language,
    realmId: mailRealmId,
    realm: users.find(({ realm }) => realm.id === mailRealmId)?.realm,
  };
}

function listOf<Item>(item: Item | null | undefined): Item[] | undefined {
  return item === null || item === undefined ? undefined : [item];
}
