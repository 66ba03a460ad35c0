/** What the dashboard's thread does with dead letters, on the broker in memory. */

import assert from "node:assert/strict";
import { NO_FILTER } from "../../../lib/command_line/failed_filter.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { Desk } from "../../../lib/modes/dashboard/desk.ts";
import type { RowQuery } from "../../../lib/operations/failed/scan.ts";
import type { RepairOrder } from "../../../lib/operations/failed/task.ts";
import { deadLetter, type Letter } from "../../fixtures/dead_letters.ts";

const QUERY: RowQuery = { limit: 50, order: "newest" };
const ORDER: RepairOrder = {
  kind: "retry",
  queue: "mails",
  filter: NO_FILTER,
  dryRun: false,
  expected: 100,
  rate: null,
  save: true,
  countsDelivery: false,
};

/** A desk with dead letters of `mails`. */
class DeskFixture implements AsyncDisposable {
  readonly broker = new MemoryBroker();
  readonly folder = Deno.makeTempDirSync({ prefix: "pq-desk-" });
  readonly desk = this.withLooksOf(60_000);

  withLooksOf(lookMs: number): Desk {
    const open = () => Promise.resolve(this.broker);
    return new Desk({ config: { stateDir: this.folder }, open, lookMs });
  }

  static async with(...letters: Letter[]): Promise<DeskFixture> {
    const fixture = new DeskFixture();
    await fixture.broker.declare("mails");
    await fixture.broker.declare("mails.failed");
    for (const letter of letters) await fixture.add(letter);
    return fixture;
  }

  async add(letter: Letter): Promise<void> {
    const { body, properties } = deadLetter(letter);
    await this.broker.publish("mails.failed", body, properties);
  }

  async ids(query: Partial<RowQuery> = {}, isFresh = false): Promise<(string | null)[]> {
    const asked = { kind: "page", queue: "mails", secrets: [], isFresh } as const;
    const { events } = await this.desk.page({ ...asked, query: { ...QUERY, ...query } });
    return events.map(({ id }) => id);
  }

  async repair(order: Partial<RepairOrder>, abort = new AbortController()) {
    const { signal } = abort;
    const asked = { order: { ...ORDER, ...order }, by: "ada", secrets: [] };
    return await this.desk.repair(asked, { signal, onProgress() {} });
  }

  async depths(): Promise<(number | undefined)[]> {
    const [main, failed] = await Promise.all(
      ["mails", "mails.failed"].map((queue) => this.broker.depth(queue)),
    );
    return [main?.ready, failed?.ready];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.desk[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("a list comes from the last scan; a repair and a wish for a new one end that", async () => {
  await using fixture = await DeskFixture.with({ id: "a" }, { id: "b" });
  assert.deepEqual(await fixture.ids(), ["b", "a"]);
  await fixture.add({ id: "c" });
  assert.deepEqual(await fixture.ids(), ["b", "a"]);
  assert.deepEqual(await fixture.ids({}, true), ["c", "b", "a"]);
  await fixture.repair({ filter: { ...NO_FILTER, ids: ["b"] } });
  assert.deepEqual(await fixture.ids(), ["c", "a"]);
  await assert.rejects(fixture.ids({ after: "0123456789ab" }), {
    code: "not_found",
    message: "0123456789ab is not in the list any more: load it again from its start",
  });
});

Deno.test("no more than what was confirmed is put back, the oldest first", async () => {
  await using fixture = await DeskFixture.with({ id: "a" }, { id: "b" }, { id: "c" });
  const { result } = await fixture.repair({ expected: 2 });
  assert.deepEqual("moved" in result && [result.moved, result.complete], [2, true]);
  assert.deepEqual(await fixture.depths(), [2, 1]);
  assert.deepEqual(await fixture.ids(), ["c"]);
});

Deno.test("a dry run counts and moves nothing", async () => {
  await using fixture = await DeskFixture.with({ id: "a" }, { id: "b", retried: 3 });
  const { result } = await fixture.repair({ dryRun: true, expected: null });
  assert("matched" in result);
  assert.deepEqual([result.matched, result.left_alone, result.dry_run], [1, 1, true]);
  assert.deepEqual(await fixture.depths(), [0, 2]);
});

Deno.test("a search in the list and the same in a repair mean the same events", async () => {
  const letters = [{ id: "a", body: '"Ada"' }, { id: "b", body: '"Eve"' }];
  await using fixture = await DeskFixture.with(...letters);
  assert.deepEqual(await fixture.ids({ error: "ADA" }), ["a"]);
  await fixture.repair({ contains: "ADA" });
  assert.deepEqual(await fixture.ids(), ["b"]);
});

Deno.test("what is dropped is in a file before, unless that is not wanted", async () => {
  await using fixture = await DeskFixture.with({ id: "a" }, { id: "b" });
  const only = (id: string) => ({ ...NO_FILTER, ids: [id] });
  const { result } = await fixture.repair({ kind: "drop", filter: only("a") });
  const path = "saved" in result ? result.saved ?? "" : "";
  assert.match(path, /dropped\/mails-\d{4}-\S+\.jsonl$/);
  const line = JSON.parse(Deno.readTextFileSync(path));
  assert.deepEqual([line.queue, line.properties.messageId, line.by], ["mails", "a", "ada"]);
  const unsaved = await fixture.repair({ kind: "drop", filter: only("b"), save: false });
  assert("saved" in unsaved.result && unsaved.result.saved === null);
  assert.deepEqual(await fixture.depths(), [0, 0]);
  assert.equal([...Deno.readDirSync(`${fixture.folder}/dropped`)].length, 1);
});

Deno.test("a new body is for one event, and a queue to put events into must be there", async () => {
  await using fixture = await DeskFixture.with({ id: "same" }, { id: "same", body: "2" });
  const filter = { ...NO_FILTER, ids: ["same"] };
  await assert.rejects(fixture.repair({ filter, body: "{}" }), {
    code: "bad_request",
    message: "A new body is for one event, and 2 match: name one by its handle",
  });
  await assert.rejects(fixture.repair({ to: "nowhere" }), {
    code: "bad_request",
    message: "There is no queue nowhere on the broker; it is made when a worker of it runs",
  });
  assert.deepEqual(await fixture.depths(), [0, 2]);
});

Deno.test("a cancelled repair moves no more, and says that it is not complete", async () => {
  await using fixture = await DeskFixture.with({ id: "a" }, { id: "b" });
  const abort = new AbortController();
  abort.abort();
  const { result } = await fixture.repair({}, abort);
  assert("moved" in result);
  assert.deepEqual([result.moved, result.complete, result.remaining], [0, false, 2]);
});

Deno.test("while another command has the dead letters, or there are none, that is said", async () => {
  await using fixture = await DeskFixture.with({ id: "a" });
  {
    await using _lock = await fixture.broker.lock("mails.failed", "failed drop by eve");
    await assert.rejects(fixture.ids(), {
      message: /^Another command has the events of mails\.failed: failed drop by eve/,
    });
  }
  const show = (queue: string, handle: string) =>
    fixture.desk.show({ kind: "show", queue, secrets: [], handle, isRaw: false });
  await assert.rejects(show("none", "a"), { message: "There is no queue none on the broker" });
  await assert.rejects(show("mails", "0123456789ab"), {
    code: "not_found",
    message: /^None of the 1 dead letter of mails is 0123456789ab: it was put back or dropped/,
  });
});

/** What is known of the secrets of the worker, and what is shown of a body with one. */
const SHOWN: [readonly string[] | null, boolean, string, string, boolean][] = [
  [[], false, '{"to":"ada","key":"sesame"}', "all", false],
  [["key"], false, '{"to":"ada","key":"***"}', "masked", true],
  [null, false, '{"to":"<string of 3>","key":"<string of 6>"}', "shape", true],
  [null, true, '{"to":"ada","key":"sesame"}', "all", false],
];

for (const [secrets, isRaw, body, shown, masked] of SHOWN) {
  Deno.test(`of an event ${shown} is shown with secrets ${secrets}, raw ${isRaw}`, async () => {
    await using fixture = await DeskFixture.with({
      id: "a",
      body: '{"to":"ada","key":"sesame"}',
      retried: 2,
      headers: { "x-pq-retried-by": "eve", "x-pq-retried-at": 0, "x-pq-attempts": 4 },
    });
    const asked = { kind: "show", queue: "mails", secrets, handle: "a", isRaw } as const;
    const event = await fixture.desk.show(asked);
    assert.deepEqual([event.shown, event.masked, event.body_is_json], [shown, masked, true]);
    if (secrets !== null || isRaw) assert.equal(event.body, body);
    else assert.doesNotMatch(JSON.stringify(event), /sesame|"ada/);
    assert.deepEqual(event.history.map(({ what }) => what), [
      "retried by eve, 2 times so far",
      "failed after 4 attempts",
    ]);
  });
}

Deno.test("a scan as a task counts, and keeps rows for the list", async () => {
  await using fixture = await DeskFixture.with({ id: "a" }, { id: "b", name: "Other" });
  const { signal } = new AbortController();
  const order = { kind: "scan", queue: "mails", scan: 1 } as const;
  const { result } = await fixture.desk.scan(order, [], { signal, onProgress() {} });
  assert.deepEqual(result, { scanned: 1, of: 2, complete: false, groups: 1 });
  assert.deepEqual(await fixture.ids(), ["a"]);
});

Deno.test("lines and a peek show what a worker does not call secret", async () => {
  await using fixture = await DeskFixture.with({ id: "a", body: '{"key":"sesame"}' });
  await fixture.broker.publish("mails", '{"key":"sesame"}', { messageId: "waits" });
  const shared = { queue: "mails", secrets: ["key"] } as const;
  const filter = { ...NO_FILTER, reasons: ["error"] };
  const lines = await fixture.desk.lines({ kind: "lines", ...shared, filter, contains: undefined });
  assert.equal(JSON.parse(lines).body, '{"key":"***"}');
  const peek = await fixture.desk.peek({
    kind: "peek",
    ...shared,
    limit: 5,
    countsDelivery: false,
  });
  assert.deepEqual([peek.of, peek.events.map(({ id, body }) => [id, body])], [
    1,
    [["waits", '{"key":"***"}']],
  ]);
});

/** Lines of `mails` that have a reason. */
const LINES = {
  kind: "lines",
  queue: "mails",
  secrets: [],
  filter: { ...NO_FILTER, reasons: ["error"] },
  contains: undefined,
} as const;

Deno.test("a download that takes too long ends, and says what looks at all", async () => {
  await using fixture = await DeskFixture.with({ id: "a" });
  fixture.broker.sift = async (_queue, _decide, { signal } = {}) => {
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    return { scanned: 7, of: 9, removed: 0, complete: false };
  };
  await assert.rejects(fixture.withLooksOf(1).lines(LINES), {
    code: "unavailable",
    message: "Only 7 of 9 dead letters of mails were looked at in the time of an answer: " +
      "process-queue failed list mails --json looks at all",
  });
});

Deno.test("a look whose answer nobody waits for any more is not begun", async () => {
  await using fixture = await DeskFixture.with({ id: "a" });
  const desk = fixture.withLooksOf(1);
  const ended = Promise.withResolvers<void>();
  let looks = 0;
  fixture.broker.sift = async () => {
    looks++;
    await ended.promise;
    return { scanned: 0, of: 0, removed: 0, complete: true };
  };
  const [first, second] = [desk.lines(LINES), desk.lines(LINES)];
  const later = AbortSignal.timeout(2);
  await new Promise((resolve) => later.addEventListener("abort", resolve));
  ended.resolve();
  assert.equal(await first, "");
  await assert.rejects(second, { code: "unavailable", message: /^Others are looking at/ });
  assert.equal(looks, 1);
});

Deno.test("headers of other programs that are no times spoil nothing", async () => {
  const headers = { "x-pq-retried-at": 1e300, timestamp_in_ms: 1e300 };
  await using fixture = await DeskFixture.with({ id: "a", headers });
  await fixture.broker.publish("mails", "{}", { headers });
  const shared = { queue: "mails", secrets: [] } as const;
  const shown = await fixture.desk.show({ kind: "show", ...shared, handle: "a", isRaw: false });
  assert.equal(shown.retried_at, null);
  const { events } = await fixture.desk.peek({
    kind: "peek",
    ...shared,
    limit: 1,
    countsDelivery: false,
  });
  assert.equal(events[0]?.published_at, null);
});
