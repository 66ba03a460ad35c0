import assert from "node:assert/strict";
import { readConfig } from "../../../lib/config/config.ts";
import { runDashboard } from "../../../lib/modes/dashboard/dashboard.ts";
import { queueSettings } from "../../../lib/modes/dashboard/queue_settings.ts";
import { Overview } from "../../../lib/modes/dashboard/overview.ts";
import { exampleSnapshot } from "../../fixtures/server/fake_control.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";

const NO_SIGNALS = { handOver: () => {} };

Deno.test("the dashboard ends where its address is taken, and says what to do", async () => {
  await withFolder(async (folder) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const config = readConfig({ BROKER: "embedded", STATE_DIR: folder, HTTP: String(port) });
    const process = { print: () => {}, isTerminal: false, signals: NO_SIGNALS };
    await assert.rejects(runDashboard(config, process), {
      name: "ListenError",
      message: new RegExp(
        `^HTTP 127\\.0\\.0\\.1:${port} cannot be listened on: .+\\. End the program that listens ` +
          "there, or give another address by --http$",
      ),
    });
  });
});

for (const isTerminal of [true, false]) {
  Deno.test(`the token is shown on a terminal only: ${isTerminal}`, async () => {
    await withFolder(async (folder) => {
      const config = readConfig({ BROKER: "embedded", STATE_DIR: folder, HTTP: "0" });
      const printed: string[] = [];
      const print = (line: string) => void printed.push(line);
      const signals = { handOver: (take: (request: "stop") => void) => take("stop") };
      assert.equal(await runDashboard(config, { print, isTerminal, signals }), 0);
      const token = Deno.readTextFileSync(`${folder}/http-token`).trim();
      assert.equal(printed.join("\n").includes(token), isTerminal);
      assert.match(
        printed[0] ?? "",
        isTerminal
          ? /^The dashboard is at http:\/\/127\.0\.0\.1:\d+\/#\S{43}$/
          : /^The dashboard is at http:\/\/127\.0\.0\.1:\d+\/; sign in with the token in \S+$/,
      );
    });
  });
}

Deno.test("a token with signs of its own is printed as an address has them", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/token`;
    Deno.writeTextFileSync(file, "50% of+/all=tokens\n", { mode: 0o600 });
    const settings = { BROKER: "embedded", STATE_DIR: folder, HTTP: "0", HTTP_TOKEN_FILE: file };
    const printed: string[] = [];
    const print = (line: string) => void printed.push(line);
    const signals = { handOver: (take: (request: "stop") => void) => take("stop") };
    await runDashboard(readConfig(settings), { print, isTerminal: true, signals });
    assert.match(printed[0] ?? "", /#50%25%20of%2B%2Fall%3Dtokens$/);
  });
});

Deno.test("the settings of a queue say where they come from", () => {
  const config = readConfig({
    BROKER: "embedded",
    PQ_EMAIL_SENDERS_PREFETCH: "7",
    PQ_EMAIL_SENDERS_RETRIES: "5,60",
    USER_ACTIVITY_SHARDS: "2",
  });
  assert.deepEqual(queueSettings("email_senders", config), [
    { name: "Prefetch", value: "7", source: "PQ_EMAIL_SENDERS_PREFETCH" },
    { name: "Retry after", value: "5, 60", source: "PQ_EMAIL_SENDERS_RETRIES" },
    { name: "Check", value: "warns at 90 s, critical at 300 s", source: "default" },
  ]);
  const shard = queueSettings("user_activity_shard1", config);
  assert.deepEqual(shard.at(-1), { name: "Shards", value: "2", source: "USER_ACTIVITY_SHARDS" });
});

Deno.test("the rate of a process is that since the look before; who is silent is shown", () => {
  const overview = new Overview(2000);
  const socket = { path: "a", pid: 4711 };
  const example = exampleSnapshot();
  const answer = (processed: number) => ({
    ...example,
    queues: example.queues.map((one) => ({ ...one, processed })),
  });
  overview.seen([{ socket, answer: answer(100) }], 0);
  assert.equal(overview.rows(undefined)[0]?.rate, null);
  const silent = { socket: { path: "b", pid: 7 }, problem: "it has ended", ageSeconds: 1 };
  overview.seen([{ socket, answer: answer(150) }, silent], 10_000);
  const rows = overview.rows(example.id);
  assert.deepEqual(rows.map(({ pid, rate, error, is_self }) => [pid, rate, error, is_self]), [
    [4711, 5, null, true],
    [7, null, "it has ended", false],
  ]);
  assert.deepEqual([overview.runs("mails"), overview.runs("other")], [true, false]);
  assert.equal(overview.everyMs, 10_000);
  overview.isWatched = true;
  assert.equal(overview.everyMs, 2000);
});
