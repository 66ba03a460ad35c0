import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { type Database, openDatabase } from "../../../lib/domain/database/database.ts";
import { BrokerError } from "../../../lib/engine/broker/broker.ts";
import { runEnqueueDigests } from "../../../lib/modes/digests/enqueue.ts";
import { CUTOFF, NOW } from "../../domain/digests/world.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";
import { MemoryServices } from "../memory_services.ts";

/** The weekday of the tests: they are on a Sunday. */
const TODAY = 6;

/** A database in a file, and what the command prints and publishes. */
class Bench {
  readonly services = new MemoryServices();

  constructor(readonly db: Database, readonly url: string) {}

  /** A realm with digests. */
  async realm(name: string, digest_weekday = TODAY): Promise<TestRealm> {
    const realm = await TestRealm.make(this.db, name);
    await this.db.updateTable("zerver_realm").set({ digest_weekday, digest_emails_enabled: true })
      .where("id", "=", realm.id).execute();
    return realm;
  }

  /** Runs the command. @returns What it printed. */
  async run(dryRun = false, environment: Record<string, string> = {}): Promise<string[]> {
    const all = { DATABASE_URL: this.url, EXTERNAL_HOST: "zulip.example", ...environment };
    const code = await runEnqueueDigests({ dryRun }, loadConfig(all), this.services, NOW);
    assert.equal(code, 0);
    return this.services.printed.splice(0);
  }

  async events(): Promise<unknown[]> {
    return (await this.services.bodies("digest_emails")).map((body) => JSON.parse(body));
  }
}

function benchTest(name: string, fn: (bench: Bench) => Promise<void>): void {
  Deno.test(name, async () => {
    await withFolder(async (folder) => {
      const url = `sqlite:${folder}/test.sqlite`;
      await using db = await openDatabase(url);
      await fn(new Bench(db, url));
    });
  });
}

benchTest(
  "enqueue-digest-emails publishes users 30 at a time, of each realm alone",
  async (bench) => {
    const [big, small] = [await bench.realm("big"), await bench.realm("small")];
    const late = await bench.realm("late", 0);
    const users: number[] = [];
    for (let at = 0; at < 61; at++) users.push(await big.user(`user${at}`));
    await big.user("bot", { is_bot: true });
    const other = await small.user("other");
    await late.user("another");
    assert.deepEqual(await bench.run(), [
      `big.zulip.example (realm ${big.id}): 61 of 62 users`,
      `small.zulip.example (realm ${small.id}): 1 of 1 user`,
      "Digests of Sunday, in UTC: 62 users in 4 events of digest_emails",
    ]);
    const cutoff = String(CUTOFF / 1000);
    assert.deepEqual(await bench.events(), [
      { user_ids: users.slice(0, 30), cutoff },
      { user_ids: users.slice(30, 60), cutoff },
      { user_ids: users.slice(60), cutoff },
      { user_ids: [other], cutoff },
    ]);
  },
);

benchTest(
  "enqueue-digest-emails --dry-run lists who and why not, without a broker",
  async (bench) => {
    const { services } = bench;
    services.failures = { broker: new Error("must not be opened") };
    const acme = await bench.realm("acme");
    const late = await bench.realm("late", 0);
    const ada = await acme.user("ada");
    const bots = [
      await acme.user("bot", { is_bot: true }),
      await acme.user("bot2", { is_bot: true }),
    ];
    assert.deepEqual(await bench.run(true), [
      "Digests of Sunday, in UTC; nothing is published",
      `acme.zulip.example (realm ${acme.id}): 1 of 3 users`,
      `  user ${ada}: a digest, if there is enough to report`,
      `  user ${bots[0]}: no digest, is a bot`,
      `  user ${bots[1]}: no digest, is a bot`,
      `late.zulip.example (realm ${late.id}): no digests, its day is Monday`,
      "2  no digest, is a bot",
      "1  a digest, if there is enough to report",
    ]);
    assert.deepEqual(await bench.events(), []);
  },
);

benchTest("enqueue-digest-emails with nobody to tell needs no broker", async (bench) => {
  bench.services.failures = { broker: new Error("must not be opened") };
  await bench.realm("acme");
  assert.deepEqual(await bench.run(), [
    "acme.zulip.example (realm 1): 0 of 0 users",
    "Digests of Sunday, in UTC: 0 users in 0 events of digest_emails",
  ]);
});

benchTest("SEND_DIGEST_EMAILS=false turns digests off", async (bench) => {
  await (await bench.realm("acme")).user("ada");
  for (const dryRun of [false, true]) {
    const printed = await bench.run(dryRun, { SEND_DIGEST_EMAILS: "false" });
    assert.deepEqual(printed, ["No digests: SEND_DIGEST_EMAILS is false"]);
  }
  assert.deepEqual(await bench.events(), []);
});

benchTest("enqueue-digest-emails fails while the broker is unavailable", async (bench) => {
  await (await bench.realm("acme")).user("ada");
  bench.services.failures = { broker: new BrokerError("unreachable", "away") };
  await assert.rejects(bench.run(), { message: "away" });
});

benchTest("enqueue-digest-emails warns of a database that it has just made", async (bench) => {
  const url = `${bench.url}.new`;
  await bench.run(false, { DATABASE_URL: url });
  assert.deepEqual(bench.services.warned, [
    `the database ${url.replace("sqlite:", "")} did not exist and is made now, so nobody gets a ` +
    "digest: set DATABASE_URL to the database that has the users",
  ]);
});
