import assert from "node:assert/strict";
import { openDatabase } from "../../../../lib/domain/database/database.ts";
import { MissedWorld } from "./world.ts";

/** An idle user misses messages for these reasons: from one to the user, or in channels. */
const RETURNS: readonly (readonly [what: string, triggers: readonly string[], events: number])[] = [
  ["a direct message and a mention", ["direct_message", "mentioned"], 1],
  ["a message of a channel", ["stream_email_notify"], 0],
  ["a mention of everybody in the channel", ["stream_wildcard_mentioned"], 0],
];

for (const [what, triggers, events] of RETURNS) {
  Deno.test(`${what} of a user away for long: ${events} events that bring the user back`, async () => {
    await using db = await openDatabase("sqlite::memory:");
    const world = await MissedWorld.make(db);
    const ada = await world.realm.user("ada", { long_term_idle: true });
    const ben = await world.realm.user("ben");
    const channel = await world.realm.channel("kitchen", [ada, ben]);
    const { recipient_id: personal } = await db.selectFrom("zerver_userprofile")
      .select("recipient_id").where("id", "=", ada).executeTakeFirstOrThrow();
    for (const trigger of triggers) {
      const recipient = trigger === "direct_message" ? Number(personal) : channel.recipient;
      const subject = trigger === "direct_message" ? "\u0007" : "lunch";
      const message = await world.realm.message(ben, recipient, [ada], { subject });
      await world.miss(ada, message, trigger);
    }
    await world.pass();
    assert.equal(world.ctx.mails.length, triggers.length);
    const back = world.ctx.published.filter(({ queue }) => queue === "deferred_work");
    const expected = { type: "soft_reactivate", user_profile_id: ada };
    assert.deepEqual(back.map(({ event }) => event), Array(events).fill(expected));
  });
}
