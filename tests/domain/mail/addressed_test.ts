import assert from "node:assert/strict";
import {
  type AddressedEvent,
  type AddressedTo,
  addressedTo,
  recipientsOf,
} from "../../../lib/domain/mail/addressed.ts";
import type { Addressee } from "../../../lib/domain/users/addressees.ts";

const GOOD: readonly (readonly [AddressedEvent, AddressedTo])[] = [
  [{ to_user_ids: [7, 8] }, { users: [7, 8] }],
  [{ to_user_ids: [7], to_emails: null }, { users: [7] }],
  [{ to_emails: ["a@example.com"] }, { addresses: ["a@example.com"] }],
  [{ to_emails: ["a@example.com"], to_user_ids: [] }, { addresses: ["a@example.com"] }],
  [{ to_user_id: 7, to_email: null }, { users: [7] }],
  [{ to_email: "a@example.com" }, { addresses: ["a@example.com"] }],
];

for (const [event, expected] of GOOD) {
  Deno.test(`a mail goes to whom its event names: ${JSON.stringify(event)}`, () => {
    assert.deepEqual(addressedTo(event), expected);
  });
}

Deno.test("a mail needs recipients of one kind", () => {
  const both = { to_user_ids: [7], to_emails: ["a@example.com"] };
  assert.throws(() => addressedTo(both), {
    message: "The event has both to_user_ids and to_emails: it must have one of them",
  });
  assert.throws(() => addressedTo({ to_user_ids: [], to_emails: null }), {
    message: "The event has neither to_user_ids nor to_emails: it must name a recipient",
  });
});

const ACME = { id: 2, name: "Acme", stringId: "acme" };
const ADA: Addressee = {
  ...{ id: 7, name: "Ada", address: "ada@example.com", isBot: false, language: "de", realm: ACME },
};
const BOB: Addressee = { ...ADA, id: 8, name: "Bob", address: "bob@example.com", language: "en" };

Deno.test("a mail to users has their names, the first one's language, and their realm", () => {
  assert.deepEqual(recipientsOf([ADA, BOB], [7, 8], undefined), {
    to: [{ name: "Ada", address: "ada@example.com" }, { name: "Bob", address: "bob@example.com" }],
    language: "de",
    realmId: 2,
    realm: ACME,
  });
});

Deno.test("bots, and users without an address, get no mail", () => {
  const users = [{ ...ADA, isBot: true }, { ...BOB, address: "" }];
  assert.deepEqual(recipientsOf(users, [7, 8], null).to, []);
});

Deno.test("the users of one mail are of one realm, unless the event names the realm", () => {
  const users = [ADA, { ...BOB, realm: { ...ACME, id: 3 } }];
  assert.throws(() => recipientsOf(users, [7, 8], undefined), {
    message: "The users of one mail must be of one realm, and are of 2, 3",
  });
  const { realmId, realm } = recipientsOf(users, [7, 8], 5);
  assert.deepEqual({ realmId, realm }, { realmId: 5, realm: undefined });
  assert.equal(recipientsOf(users, [7, 8], 3).realm?.id, 3);
});

Deno.test("a mail to a user who does not exist is an error that names the user", () => {
  assert.throws(() => recipientsOf([ADA], [7, 9, 10], undefined), {
    message: "The database has no user 9, 10, to whom the mail goes",
  });
});
