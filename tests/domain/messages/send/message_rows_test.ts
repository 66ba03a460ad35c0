import assert from "node:assert/strict";
import { inTransaction } from "../../../../lib/domain/database/transaction.ts";
import { noteActivity } from "../../../../lib/domain/messages/send/message_rows.ts";
import { placeOf } from "../../../../lib/domain/messages/send/place.ts";
import { TestRealm } from "../../../fixtures/database/realm.ts";
import { eachDatabaseTest } from "../../database/each_database.ts";

eachDatabaseTest("the first message of a channel is the one with the lowest id", async (t) => {
  const db = await t.open();
  const realm = await TestRealm.make(db, "acme");
  const [ada, { stream }] = [await realm.user("ada"), await realm.channel("kitchen")];
  const first = async () => {
    const row = await db.selectFrom("zerver_stream").select(["first_message_id as id"])
      .where("id", "=", stream).executeTakeFirst();
    return row?.id;
  };
  const to = { kind: "channel", streamId: stream, topic: "tea" } as const;
  // All of them have found the channel empty.
  const place = await inTransaction(db, (trx) => placeOf(trx, to, { id: ada, realmId: realm.id }));
  assert.equal(place.kind, "channel");
  if (place.kind !== "channel") return;
  const seen = [];
  for (const id of [8, 7, 9]) {
    await inTransaction(db, (trx) => noteActivity(trx, place, id));
    seen.push(await first());
  }
  assert.deepEqual(seen, [8, 7, 7]);
});
