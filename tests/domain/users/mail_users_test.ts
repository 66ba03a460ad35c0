import assert from "node:assert/strict";
import {
  accountsOf,
  mailUsers,
  mayGetMail,
  namesRealm,
  type RealmNamePolicy,
} from "../../../lib/domain/users/mail_users.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const ADA = {
  isActive: true,
  isRealmActive: true,
  isBot: false,
  address: "ada@example.com",
  isOn: true,
};

for (
  const [what, changed] of [
    ["who is deactivated", { isActive: false }],
    ["whose realm is deactivated", { isRealmActive: false }],
    ["that is a bot", { isBot: true }],
    ["who has given no address", { address: "" }],
    ["who has turned it off", { isOn: false }],
  ] as const
) {
  Deno.test(`a user ${what} gets no mail`, () => {
    assert.equal(mayGetMail(ADA), true);
    assert.equal(mayGetMail({ ...ADA, ...changed }), false);
  });
}

Deno.test("subjects name the realm always, never, or for readers with several accounts", () => {
  const table: readonly [RealmNamePolicy, number, boolean][] = [
    ["automatic", 1, false],
    ["automatic", 2, true],
    ["automatic", 0, false],
    ["always", 1, true],
    ["never", 5, false],
  ];
  for (const [policy, accounts, expected] of table) {
    assert.equal(namesRealm(policy, accounts), expected, `${policy} ${accounts}`);
  }
});

domainTest("users who may get mail come with language, time zone and clock", async (db) => {
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada", {
    full_name: "Ada Lindqvist",
    default_language: "pt-br",
    timezone: "Europe/Stockholm",
    twenty_four_hour_time: true,
    message_content_in_email_notifications: false,
    realm_name_in_email_notifications_policy: 2,
  });
  const ben = await realm.user("ben", { long_term_idle: true, enable_digest_emails: false });
  const bot = await realm.user("bot", { is_bot: true });
  const closed = await TestRealm.make(db, "closed");
  const cleo = await closed.user("cleo");
  await db.updateTable("zerver_realm").set({ deactivated: true }).where("id", "=", closed.id)
    .execute();
  const all = [ada, ben, bot, cleo, 987_654];
  const users = await mailUsers(db, all, "enable_offline_email_notifications");
  assert.deepEqual([...users.keys()].sort(), [ada, ben]);
  assert.deepEqual(users.get(ada), {
    id: ada,
    realmId: realm.id,
    name: "Ada Lindqvist",
    address: "ada@example.com",
    language: "pt-br",
    timeZone: "Europe/Stockholm",
    isTwentyFourHour: true,
    emojiset: "google",
    showsContent: { byUser: false, byRealm: true },
    realmNamePolicy: "always",
    isIdle: false,
  });
  const { timeZone, isTwentyFourHour, isIdle } = users.get(ben) ?? {};
  assert.deepEqual([timeZone, isTwentyFourHour, isIdle], [undefined, false, true]);
  assert.deepEqual([...(await mailUsers(db, all, "enable_digest_emails")).keys()], [ada]);
  assert.deepEqual(await mailUsers(db, [], "enable_digest_emails"), new Map());
});

domainTest("accounts of an address are those of people, active, in active realms", async (db) => {
  const realms = [
    await TestRealm.make(db, "one"),
    await TestRealm.make(db, "two"),
    await TestRealm.make(db, "three"),
    await TestRealm.make(db, "four"),
  ] as const;
  await realms[0].user("ada");
  await realms[0].user("other");
  await realms[1].user("ada");
  await realms[2].user("ada", { is_active: false });
  await realms[3].user("ada");
  await db.updateTable("zerver_realm").set({ deactivated: true }).where("id", "=", realms[3].id)
    .execute();
  assert.equal(await accountsOf(db, "ada@example.com"), 2);
  assert.equal(await accountsOf(db, "nobody@example.com"), 0);
});
