import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { decideScheduled, deliverScheduled } from "../../../lib/domain/mail/scheduled.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { eachDatabaseTest } from "../database/each_database.ts";
import { addPeople } from "../../fixtures/mail/people.ts";
import {
  addScheduled,
  DUE,
  FakeOutbox,
  idsLeft,
  NOW,
  WELCOME,
} from "../../fixtures/mail/scheduled.ts";

const DECISIONS: readonly [
  title: string,
  row: { data: string; address: string | null },
  users: number[],
  decision: unknown,
][] = [
  [
    "A scheduled mail to users is an event with their ids",
    { data: JSON.stringify(WELCOME), address: null },
    [7, 9],
    { kind: "publish", event: { ...WELCOME, to_user_ids: [7, 9] } },
  ],
  [
    "A scheduled mail to an address is an event with it",
    { data: JSON.stringify(WELCOME), address: "ada@people.example" },
    [],
    { kind: "publish", event: { ...WELCOME, to_emails: ["ada@people.example"] } },
  ],
  [
    "A scheduled mail keeps numbers that JavaScript would round",
    {
      data: '{"template_prefix":"a","context":{"n":12345678901234567890}}',
      address: "a@b.example",
    },
    [],
    {
      kind: "publish",
      event: {
        template_prefix: "a",
        context: { n: 12345678901234567890n },
        to_emails: ["a@b.example"],
      },
    },
  ],
  [
    "A scheduled mail to nobody is deleted, whatever its data",
    { data: "{", address: null },
    [],
    { kind: "delete" },
  ],
  [
    "A scheduled mail to an empty address is deleted",
    { data: JSON.stringify(WELCOME), address: "" },
    [],
    { kind: "delete" },
  ],
  ...([
    ["{", "its data is not JSON"],
    ["[]", "its data is not a JSON object"],
    ["{}", "its data has no template_prefix"],
    ['{"template_prefix":"a","context":[]}', "the context in its data is not an object"],
  ] as const).map(([data, reason]) =>
    [
      `A scheduled mail cannot be sent where ${reason}: ${data}`,
      { data, address: "a@b.example" },
      [],
      { kind: "broken", reason },
    ] as [string, { data: string; address: string }, number[], unknown]
  ),
];

for (const [title, row, users, decision] of DECISIONS) {
  Deno.test(title, () => assert.deepEqual(decideScheduled(row, users), decision));
}

async function deliver(db: Database, ctx: FakeOutbox, skip: readonly number[] = []) {
  return await deliverScheduled(db, ctx, { now: NOW, skip });
}

domainTest("scheduled mails that are due are published once, the earliest first", async (db) => {
  const { engines, ada, charles } = await addPeople(db);
  const second = await addScheduled(db, { realm_id: engines, users: [charles, ada] });
  const first = await addScheduled(db, {
    realm_id: engines,
    address: "new@people.example",
    scheduled_timestamp: new Date(DUE.getTime() - 1000),
  });
  const later = await addScheduled(db, {
    realm_id: engines,
    users: [ada],
    scheduled_timestamp: new Date(NOW + 1),
  });
  const ctx = new FakeOutbox();
  const { published } = await deliver(db, ctx);
  assert.deepEqual(published, [first, second]);
  assert.deepEqual(ctx.published, [
    [
      "deferred_email_senders",
      { ...WELCOME, to_emails: ["new@people.example"] },
      `scheduled:${first}`,
    ],
    ["deferred_email_senders", { ...WELCOME, to_user_ids: [ada, charles] }, `scheduled:${second}`],
  ]);
  assert.deepEqual(await idsLeft(db), [later]);
  const users = await db.selectFrom("zerver_scheduledemail_users").select("scheduledemail_id")
    .execute();
  assert.deepEqual(users.map(({ scheduledemail_id }) => scheduledemail_id), [later]);
  assert.deepEqual(await deliver(db, ctx), { published: [], deleted: [], broken: [] });
  assert.equal(ctx.published.length, 2);
});

domainTest("a scheduled mail that cannot be sent stays, and stops no other", async (db) => {
  const { engines: realm_id } = await addPeople(db);
  const address = "new@people.example";
  const broken = await addScheduled(db, { realm_id, address, data: "{" });
  const empty = await addScheduled(db, { realm_id });
  const good = await addScheduled(db, { realm_id, address });
  const ctx = new FakeOutbox();
  assert.deepEqual(await deliver(db, ctx), {
    published: [good],
    deleted: [empty],
    broken: [{ id: broken, reason: "its data is not JSON" }],
  });
  assert.deepEqual(await idsLeft(db), [broken]);
  assert.deepEqual(await deliver(db, ctx, [broken]), { published: [], deleted: [], broken: [] });
});

domainTest("scheduled mails are delivered, however many others are left alone", async (db) => {
  const { engines: realm_id } = await addPeople(db);
  const left = await addScheduled(db, { realm_id, address: "new@people.example" });
  const good = await addScheduled(db, { realm_id, address: "new@people.example" });
  const skip = [left, ...Array.from({ length: 70_000 }, (_, at) => 1_000_000 + at)];
  const { published } = await deliver(db, new FakeOutbox(), skip);
  assert.deepEqual(published, [good]);
});

domainTest("a scheduled mail that cannot be published waits in the outbox", async (db) => {
  const { engines: realm_id } = await addPeople(db);
  const id = await addScheduled(db, { realm_id, address: "new@people.example" });
  const ctx = new FakeOutbox();
  ctx.failure = new Error("No broker");
  await deliver(db, ctx);
  assert.deepEqual(await idsLeft(db), []);
  const rows = await db.selectFrom("process_queue_outbox").select(["queue", "message_id"])
    .execute();
  assert.deepEqual(rows, [{ queue: "deferred_email_senders", message_id: `scheduled:${id}` }]);
});

eachDatabaseTest(
  "several processes share scheduled mails, and each goes once",
  async ({ open }) => {
    const [db, other] = [await open(), await open()];
    const { engines: realm_id } = await addPeople(db);
    const added: number[] = [];
    for (let n = 0; n < 30; n++) {
      added.push(await addScheduled(db, { realm_id, address: `new${n}@people.example` }));
    }
    const ctx = new FakeOutbox();
    const all = async (handle: Database) => {
      while ((await deliver(handle, ctx)).published.length > 0);
    };
    await Promise.all([all(db), all(other)]);
    assert.deepEqual(
      ctx.published.map(([, , id]) => id).sort(),
      added.map((id) => `scheduled:${id}`).sort(),
    );
    assert.deepEqual(await idsLeft(db), []);
  },
);
