import assert from "node:assert/strict";
import { FILE_NAME, openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import {
  type Child,
  lostEvents,
  problemsOf,
  readLedger,
  startChild,
} from "../../../fixtures/sqlite_broker/children.ts";
import { until } from "../../../fixtures/until.ts";

const QUEUE = "crash";
const KILLS = 50;
/** The most ms between a process's start of work and its kill. */
const MOST_MS = 120;

/** Programs that are killed and restarted, with the ledgers that they write. */
class Crew implements AsyncDisposable {
  readonly #children = new Map<string, Child>();
  #started = 0;

  constructor(readonly dir: string, readonly lose = 0) {}

  get confirmed(): string[] {
    return ["publisher-1", "publisher-2"].flatMap((name) => readLedger(this.#ledger(name)));
  }

  get effects(): string[] {
    return ["consumer-1", "consumer-2", "consumer-3"].flatMap((name) =>
      readLedger(this.#ledger(name))
    );
  }

  start(name: string): void {
    const args = name.startsWith("publisher")
      ? ["publish", this.dir, QUEUE, `p${++this.#started}`, this.#ledger(name)]
      : ["consume", this.dir, QUEUE, this.#ledger(name), "50", String(this.lose)];
    this.#children.set(name, startChild(...args as [string, ...string[]]));
  }

  /** Resolves when the program has written something since its start. */
  async untilWorking(name: string): Promise<void> {
    const before = readLedger(this.#ledger(name)).length;
    await until(`${name} worked`, () => readLedger(this.#ledger(name)).length > before, 60);
  }

  async end(name: string, signal: Deno.Signal): Promise<number> {
    const code = await this.#children.get(name)?.end(signal);
    this.#children.delete(name);
    return code ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children.keys()].map((name) => this.end(name, "SIGKILL")));
  }

  #ledger(name: string): string {
    return `${this.dir}/${name}.ledger`;
  }
}

const CREW = ["publisher-1", "publisher-2", "consumer-1", "consumer-2"];

async function killAtRandom(crew: Crew, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const name = CREW[i % CREW.length] ?? "";
    await crew.untilWorking(name);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * MOST_MS));
    await crew.end(name, "SIGKILL");
    crew.start(name);
  }
}

/** Ends all but one consumer, which runs until no event is left, not even one that waits. */
async function drain(crew: Crew): Promise<void> {
  for (const name of CREW) await crew.end(name, "SIGKILL");
  crew.start("consumer-3");
  await until(
    "all confirmed events had an effect",
    () => lostEvents(crew.confirmed, crew.effects).length === 0,
    60,
  ).catch(() => {}); // Which are lost is found out by the test.
  assert.equal(await crew.end("consumer-3", "SIGTERM"), 0);
}

Deno.test("SQLite: 50 kills under load lose no confirmed event and damage no file", async () => {
  await inFolder(async (dir) => {
    await using crew = new Crew(dir);
    CREW.forEach((name) => crew.start(name));
    await killAtRandom(crew, KILLS);
    await drain(crew);
    const { confirmed, effects } = crew;
    assert.ok(confirmed.length > 1000, `only ${confirmed.length} events were published`);
    assert.deepEqual(lostEvents(confirmed, effects), []);
    assert.deepEqual(problemsOf(`${dir}/${FILE_NAME}`), []);
    await using broker = await openSqliteBroker({ stateDir: dir });
    const failed = await broker.peek(`${QUEUE}.failed`, 10);
    assert.ok(failed.length > 0, "some events were dead-lettered");
  });
});

Deno.test("SQLite: the check of the ledgers finds a single lost event", async () => {
  await inFolder(async (dir) => {
    await using broker = await openSqliteBroker({ stateDir: dir });
    await broker.declare(QUEUE);
    const ids = Array.from({ length: 20 }, (_, i) => `a-${i}0`);
    for (const id of ids) await broker.publish(QUEUE, id);
    await using crew = new Crew(dir, 13);
    crew.start("consumer-1");
    await until("all were settled", async () => {
      return crew.effects.length >= 19 && (await broker.depth(QUEUE))?.ready === 0;
    });
    assert.equal(await crew.end("consumer-1", "SIGTERM"), 0);
    assert.equal(lostEvents(ids, crew.effects).length, 1);
  });
});
