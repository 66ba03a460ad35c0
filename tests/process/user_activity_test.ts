import assert from "node:assert/strict";
import { connectDatabase, type Database } from "../../lib/domain/database/database.ts";
import { postgresInstalled, startPostgres } from "../../scripts/postgres.ts";
import { isRequired, postgres } from "../../scripts/test/servers.ts";
import { hostTest, type ProgramFixture } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

const TIME = 1_700_000_000;

function activity(query: string, user = 7): Record<string, unknown> {
  return { user_profile_id: user, client_id: 1, query, time: TIME };
}

/** What is counted, by query. */
async function counts(db: Database): Promise<Record<string, number>> {
  const rows = await db.selectFrom("zerver_useractivity").select(["query", "count"]).execute();
  return Object.fromEntries(rows.map(({ query, count }) => [query, count]));
}

async function countsAt(url: string): Promise<Record<string, number>> {
  const db = await connectDatabase(url);
  try {
    return await counts(db);
  } finally {
    await db.destroy();
  }
}

/** Publishes on the command line. */
async function publish(fixture: ProgramFixture, events: readonly unknown[]): Promise<void> {
  const input = events.map((event) => JSON.stringify(event)).join("\n");
  const { code, stdout } = await fixture.start(["publish", fixture.queue], {}, input).end();
  assert.deepEqual([code, stdout], [0, [`published ${events.length} events to ${fixture.queue}`]]);
}

hostTest(
  "user_activity counts what is published into SQLite, each event once",
  "user_activity",
  async (fixture) => {
    await publish(fixture, [...Array(150).fill(activity("/a")), ...Array(40).fill(activity("/b"))]);
    await fixture.publish([activity("/c"), activity("/c")], { messageId: "the same" });
    await fixture.publish([{ ...activity("/d"), time: "now" }, activity("x".repeat(60))]);
    const { code, stdout } = await fixture.drain();
    assert.deepEqual([code, stdout], [0, ["done 193, retried 0, failed 1, waiting for retry 0"]]);
    const url = `sqlite:${fixture.folder}/state/process-queue.sqlite`;
    assert.deepEqual(await countsAt(url), { "/a": 150, "/b": 40, "/c": 1, ["x".repeat(50)]: 1 });
    const failed = await fixture.client.take("user_activity.failed");
    assert.equal(failed?.properties.headers?.["x-pq-reason"], "invalid");
  },
);

/** Registers a test with a PostgreSQL server of its own, to be stopped and started. */
function postgresHostTest(
  name: string,
  test: (
    fixture: ProgramFixture,
    server: Awaited<ReturnType<typeof startPostgres>>,
  ) => Promise<void>,
): void {
  if (!postgresInstalled() && !isRequired(postgres)) return void Deno.test.ignore(name, () => {});
  hostTest(name, "user_activity", async (fixture) => {
    await using server = await startPostgres();
    fixture.env["DATABASE_URL"] = server.url;
    await test(fixture, server);
  });
}

postgresHostTest(
  "user_activity waits for no tables in PostgreSQL, and names the command that makes them",
  async (fixture, { url }) => {
    await publish(fixture, Array(30).fill(activity("/a")));
    const refused = await fixture.drain();
    assert.deepEqual([refused.code, refused.stdout], [1, []]);
    assert.match(
      refused.stderr.at(-1) ?? "",
      /^process-queue: The database .* lacks the tables .*: run `process-queue migrate`/,
    );
    assert.deepEqual([...Deno.readDirSync(`${fixture.folder}/state/journal`)], []);
    const migrated = await fixture.run(["migrate"]);
    assert.equal(migrated.code, 0);
    assert.match(migrated.stdout.join("\n"), /^The database .* is the program's own\napplied /);
    assert.equal((await fixture.run(["migrate"])).stdout[1], "nothing to do");
    const { code, stdout, stderr } = await fixture.drain();
    assert.deepEqual([code, stdout], [0, ["done 30, retried 0, failed 0, waiting for retry 0"]]);
    assert.deepEqual(await countsAt(url), { "/a": 30 });
    const password = new URL(url).password;
    assert(![...refused.stderr, ...stderr].join("\n").includes(password));
  },
);

postgresHostTest(
  "a lost database holds events up, and each counts once when it is back",
  async (fixture, server) => {
    assert.equal((await fixture.run(["migrate"])).code, 0);
    await publish(fixture, Array(120).fill(activity("/before")));
    const program = fixture.consume();
    await until(
      "the first are counted",
      async () => (await countsAt(server.url))["/before"] === 120,
    );
    await server.stop();
    await publish(fixture, Array(120).fill(activity("/lost")));
    const line = await program.untilLogged(/^Event on queue user_activity .* runs again in 15s: /);
    assert.equal(line["level"], "info");
    await server.start();
    await publish(fixture, Array(80).fill(activity("/after")));
    await until("all are counted", async () => {
      const { "/lost": lost, "/after": after } = await countsAt(server.url);
      return lost === 120 && after === 80;
    });
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert.deepEqual(await countsAt(server.url), { "/before": 120, "/lost": 120, "/after": 80 });
    assert.equal(await fixture.client.ready("user_activity.failed"), undefined);
    assert.equal(await fixture.client.ready("user_activity"), 0);
  },
);

postgresHostTest("a database that is away at the start is waited for", async (fixture, server) => {
  assert.equal((await fixture.run(["migrate"])).code, 0);
  await server.stop();
  const program = fixture.consume();
  const line = await program.untilLogged(/^Events wait for the database: /);
  assert.equal(line["level"], "warning");
  await server.start();
  await publish(fixture, Array(20).fill(activity("/a")));
  await until("all are counted", async () => (await countsAt(server.url))["/a"] === 20);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});
