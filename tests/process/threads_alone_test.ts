/**
 * However a worker's thread ends, another queue of the process is not disturbed, and the next
 * thread takes over in time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { assertWithin } from "../fixtures/pace.ts";
import { Neighbours } from "../fixtures/process/neighbours.ts";
import { ProgramFixture } from "../fixtures/process/program_fixture.ts";
import { rabbitmqTest } from "../servers.ts";

const HANGS = { maxConsumeSeconds: 1, retries: [] } as const;
const NO_GRACE = { ABORT_GRACE_SECONDS: "0" } as const;

onBothTypes(
  "a new thread takes over within a second of the end of one that hung",
  async (server, type) => {
    await using fixture = await ProgramFixture.open(server.url);
    fixture.queueType = type;
    await fixture.worker(HANGS);
    await fixture.publish([{ n: 0, do: "loop" }, { n: 1 }]);
    const program = fixture.consume([], NO_GRACE);
    const line = await program.untilLogged(/its thread is ended, and a new one takes over$/);
    await fixture.untilWritten("done", 1);
    const [done] = fixture.ledger.filter(({ what }) => what === "done");
    assert(done);
    await assertWithin(done.at - Date.parse(String(line["time"])), 1000, "until the next event");
  },
);

onBothTypes("what a handler left behind goes with its thread", async (server, type) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await using both = await Neighbours.open(server.url, { type, worker: HANGS });
  const connections = both.connections;
  const since = Date.now();
  const file = String((listener.addr as Deno.NetAddr).port);
  await both.publish({ n: 0, do: "leak", file }, { n: 1 });
  using socket = await accepted;
  assert.equal(await socket.read(new Uint8Array(1)), null);
  await both.untilDone(1);
  const leaked = () => Deno.readTextFileSync(`${both.fixture.folder}/ledger.leak`);
  const last = leaked();
  await both.untilEffects(both.effects.length + 10);
  assert.equal(leaked(), last, "its timer still acts");
  await both.assertUnharmed(since);
  await both.assertNothingLost();
  assert.deepEqual(both.connections, connections);
});

onBothTypes(
  "native code that cannot be ended costs one restart, when that is idle",
  async (server, type) => {
    const neighbour = { concurrency: 2, maxConsumeSeconds: null };
    await using both = await Neighbours.open(server.url, { type, worker: HANGS, neighbour });
    const connections = both.connections;
    const since = Date.now();
    // The process restarts at its first idle moment, which is to come after the last check.
    await both.hold(`${both.fixture.folder}/go`);
    await both.publish({ n: 0, do: "native" }, { n: 1 });
    assert.equal((await both.deadLetter())["x-pq-reason"], "timeout");
    await both.untilDone(1);
    await both.assertUnharmed(since);
    assert.deepEqual(both.connections, connections);
    await both.program.untilLogged(
      /^A thread of .* cannot be ended, because it runs native code/,
    );
    both.program.signal("SIGUSR2");
    const status = await both.program.untilLogged(/^Status of queue /);
    assert.equal(
      both.program.log.some((line) => line["zombie_threads"] === 1),
      true,
      status.message,
    );
    await both.fixture.write("go", "");
    assert.equal((await both.program.end()).code, 3);
  },
);

/** Ways in which a worker cannot be started. */
const BROKEN: readonly (readonly [what: string, source: string, logged: RegExp])[] = [
  ["throws while it loads", "throw new Error('not today');", /not today/],
  ["exits while it loads", "await new Promise(() => Deno.exit(5));", /exit code 5/],
  ["fills its heap while it loads", "const a = []; for (;;) a.push({ a: a.length });", /of heap/],
  [
    "throws later while it loads",
    "setTimeout(() => { throw new Error('late'); }); await new " +
    "Promise(() => {});",
    /late/,
  ],
];

for (const [what, source, logged] of BROKEN) {
  onBothTypes(`a worker that ${what} does not hold up its neighbour`, async (server, type) => {
    const env = { MAX_RESTARTS: "1", PARK_SECONDS: "1" };
    let queue = "";
    await using both = await Neighbours.open(server.url, {
      type,
      env,
      prepare: async (fixture) => {
        queue = fixture.queue;
        await fixture.write(`workers/${queue}.ts`, source);
      },
    });
    const connections = both.connections;
    const since = Date.now();
    const line = await both.program.untilLogged(
      /^Queue .* is parked: its worker failed 2 times/,
      60,
    );
    assert.equal(line["queue"], queue);
    assert.match(JSON.stringify(line), logged);
    await both.assertUnharmed(since);
    await both.publish({ n: 0 });
    await both.fixture.worker();
    await both.program.untilLogged(/^Queue .* is consumed again$/);
    await both.untilDone(1);
    await both.assertNothingLost();
    assert.deepEqual(both.connections, connections);
  });
}

onBothTypes("a setup that hangs holds up no other queue", async (server, type) => {
  let works = "";
  await using both = await Neighbours.open(server.url, {
    type,
    prepare: async (fixture) => {
      works = `${fixture.folder}/works`;
      await fixture.worker({ setup: works });
    },
  });
  const connections = both.connections;
  await both.publish({ n: 0 });
  await both.assertUnharmed(Date.now());
  both.program.signal("SIGUSR2");
  await both.program.untilLogged(/^Status of queue .*: starting, 0 in flight/);
  await Deno.writeTextFile(works, "");
  await both.untilDone(1);
  await both.assertNothingLost();
  assert.deepEqual(both.connections, connections);
});

onBothTypes("a setup that fails is tried again, parked, and tried again", async (server, type) => {
  let works = "";
  await using both = await Neighbours.open(server.url, {
    type,
    env: { MAX_RESTARTS: "2", PARK_SECONDS: "1" },
    prepare: async (fixture) => {
      works = `${fixture.folder}/works`;
      await fixture.worker({ setup: works, setupFails: true });
    },
  });
  const connections = both.connections;
  const since = Date.now();
  await both.publish({ n: 0 });
  await both.program.untilLogged(/^Queue .* is parked: its worker failed 3 times within 300 s/);
  const failures = both.program.log.filter(({ message }) => /is tried again$/.test(message));
  assert.equal(failures.length, 1);
  assert.match(failures[0]?.message ?? "", /^The setup of .* threw: .* is not there \(\//);
  await both.assertUnharmed(since);
  both.program.signal("SIGUSR2");
  await both.program.untilLogged(/^Status of queue .*: parked, 0 in flight/);
  await Deno.writeTextFile(works, "");
  await both.program.untilLogged(/^Queue .* is consumed again$/);
  await both.untilDone(1);
  await both.assertNothingLost();
  assert.deepEqual(both.connections, connections);
});

/** Registers a test for classic and for quorum queues. */
function onBothTypes(
  name: string,
  test: (server: { readonly url: string }, type: "classic" | "quorum") => Promise<void>,
): void {
  for (const type of ["classic", "quorum"] as const) {
    rabbitmqTest(`${name} (${type})`, (server) => test(server, type));
  }
}
