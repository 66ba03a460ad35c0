import assert from "node:assert/strict";
import { botConfig, botStorage } from "../../../../lib/domain/bots/embedded/storage.ts";
import { TestRealm } from "../../../fixtures/database/realm.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";

domainTest("a bot keeps JSON by keys, and not another's", async (db) => {
  const realm = await TestRealm.make(db);
  const [one, other] = [await realm.user("one"), await realm.user("other")];
  const storage = botStorage(db, one, 1_000);
  await storage.put("käse", { price: [1, null, "Ä"] });
  await storage.put("käse", { price: 2 });
  assert.deepEqual(await storage.get("käse"), { price: 2 });
  assert.equal(await storage.contains("käse"), true);
  assert.equal(await botStorage(db, other, 1_000).contains("käse"), false);
  await storage.remove("käse");
  assert.equal(await storage.contains("käse"), false);
  const missing = { name: "BotError", message: "Key does not exist." };
  await assert.rejects(storage.get("käse"), missing);
  await assert.rejects(storage.remove("käse"), missing);
});

domainTest("a bot keeps no more characters than it may", async (db) => {
  const realm = await TestRealm.make(db);
  const storage = botStorage(db, await realm.user("one"), 10);
  // A key of one character, and a value of nine with its quotes.
  await storage.put("😀", "1234567");
  await assert.rejects(storage.put("b", 1), {
    message: "Request exceeds storage limit by 2 characters. The limit is 10 characters.",
  });
  await assert.rejects(storage.put("😀", "12345678"), /by 1 characters\. The limit is 10 char/);
  await storage.put("😀", "1");
  await storage.put("b", 12345);
  assert.equal(await storage.get("b"), 12345);
});

domainTest("a bot is configured by its rows", async (db) => {
  const realm = await TestRealm.make(db);
  const bot = await realm.user("one");
  assert.deepEqual(await botConfig(db, bot), {});
  await db.insertInto("zerver_botconfigdata")
    .values([{ bot_profile_id: bot, key: "stream", value: "later" }]).execute();
  assert.deepEqual(await botConfig(db, bot), { stream: "later" });
});
