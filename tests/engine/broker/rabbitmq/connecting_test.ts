/**
 * Servers that cannot be reached, and several addresses of one cluster.
 *
 * @module
 */

import assert from "node:assert/strict";
import { firstOf, placesOf } from "../../../../lib/engine/broker/rabbitmq/connecting.ts";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { Proxy } from "../../../fixtures/rabbitmq/proxy.ts";
import { assertRefused, changeUrl } from "../../../fixtures/rabbitmq/refusals.ts";
import { until } from "../../../fixtures/until.ts";

const PLACES: readonly (readonly [url: string, found: string[], places: [string, string?][]])[] = [
  ["amqp://u:p@rabbit/v", [], [["amqp://u:p@rabbit/v"]]],
  ["amqp://u:p@rabbit/v", ["10.0.0.1"], [["amqp://u:p@rabbit/v"]]],
  ["amqp://u:p@10.0.0.9/v", ["10.0.0.1", "10.0.0.2"], [["amqp://u:p@10.0.0.9/v"]]],
  ["amqp://u:p@[::1]:5673/v", ["10.0.0.1", "10.0.0.2"], [["amqp://u:p@[::1]:5673/v"]]],
  ["amqps://u:p@rabbit:5673/v?heartbeat=9", ["10.0.0.1", "10.0.0.1", "fd00::2"], [
    ["amqps://u:p@10.0.0.1:5673/v?heartbeat=9", "rabbit"],
    ["amqps://u:p@[fd00::2]:5673/v?heartbeat=9", "rabbit"],
  ]],
];

for (const [url, found, places] of PLACES) {
  Deno.test(`${url} with ${found.length} addresses leads to ${places.length} places`, async () => {
    const expected = places.map(([url, serverName]) => ({ url, serverName }));
    assert.deepEqual(await placesOf(url, () => Promise.resolve(found)), expected);
  });
}

/** Attempts that the test ends, and what became of them. */
class Attempts {
  readonly begun: PromiseWithResolvers<string>[] = [];
  readonly stops: AbortSignal[] = [];
  readonly discarded: string[] = [];
  readonly signal = new AbortController();

  /** @param everyMs See `firstOf`. */
  run(count: number, everyMs: number): Promise<string> {
    const attempt = (stop: AbortSignal) => {
      const result = Promise.withResolvers<string>();
      this.begun.push(result);
      this.stops.push(stop);
      stop.addEventListener("abort", () => result.reject(new Error("stopped")));
      return result.promise;
    };
    return firstOf(Array(count).fill(attempt), {
      everyMs,
      signal: this.signal.signal,
      discard: (late) => void this.discarded.push(late),
    });
  }

  async untilBegun(count: number): Promise<void> {
    await until(`${count} have begun`, () => this.begun.length === count);
  }
}

const NEVER_MS = 60_000;

Deno.test("firstOf begins the next attempt when the last has failed", async () => {
  const attempts = new Attempts();
  const first = attempts.run(2, NEVER_MS);
  await attempts.untilBegun(1);
  attempts.begun[0]?.reject(new Error("refused"));
  await attempts.untilBegun(2);
  attempts.begun[1]?.resolve("two");
  assert.equal(await first, "two");
});

Deno.test("firstOf begins the next attempt while the last has no answer, and the first wins", async () => {
  const attempts = new Attempts();
  const first = attempts.run(3, 1);
  await attempts.untilBegun(3);
  attempts.begun[1]?.resolve("two");
  assert.equal(await first, "two");
  assert.ok(attempts.stops.every(({ aborted }) => aborted));
});

Deno.test("firstOf begins no attempt after one has succeeded", async () => {
  const attempts = new Attempts();
  const first = attempts.run(3, NEVER_MS);
  await attempts.untilBegun(1);
  attempts.begun[0]?.resolve("one");
  assert.equal(await first, "one");
  assert.equal(attempts.begun.length, 1);
});

Deno.test("firstOf discards what succeeds too late", async () => {
  const attempts = new Attempts();
  const first = attempts.run(2, 1);
  await attempts.untilBegun(2);
  attempts.begun[1]?.resolve("two");
  attempts.begun[0]?.resolve("one");
  assert.equal(await first, "two");
  await until("the other is discarded", () => attempts.discarded.length === 1);
  assert.deepEqual(attempts.discarded, ["one"]);
});

Deno.test("firstOf has the errors of all", async () => {
  const attempts = new Attempts();
  const first = attempts.run(2, 1);
  await attempts.untilBegun(2);
  attempts.begun[0]?.reject(new Error("a"));
  attempts.begun[1]?.reject(new Error("b"));
  const messages = await first.catch(({ errors }) => errors.map(({ message }: Error) => message));
  assert.deepEqual(messages, ["a", "b"]);
});

Deno.test("firstOf ends when it is aborted", async () => {
  const attempts = new Attempts();
  const first = attempts.run(3, 1);
  await attempts.untilBegun(3);
  attempts.signal.abort();
  await assert.rejects(first, AggregateError);
});

queueTest(
  "one of several addresses is enough, at the start and after each loss",
  async (fixture) => {
    const { url, port } = fixture.server;
    await using silent = new Silent();
    const proxies = [new Proxy(port), new Proxy(port)];
    await using undo = new AsyncDisposableStack();
    proxies.forEach((proxy) => undo.use(proxy));
    const urls = [silent.port, ...proxies.map(({ port }) => port)].map((port) =>
      changeUrl(url, { port: String(port) })
    );
    const broker = await fixture.openBroker({ url: urls.join(", ") });
    const engine = await fixture.start({ broker });
    await broker.publish(fixture.queue, "1");
    await engine.untilRan(1);
    await proxies[0]?.end();
    await until("it is connected", () => broker.isThere);
    await fixture.client.publish(fixture.queue, "2");
    await until("the event ran", () => engine.events.includes(2));
  },
);

queueTest("a login that one of several addresses refuses is said", async (fixture) => {
  const { url } = fixture.server;
  const [unreachable, wrong] = [
    changeUrl(url, { port: "1" }),
    changeUrl(url, { password: "hush-hush" }),
  ];
  const opening = openRabbitmq({ url: `${unreachable},${wrong}`, waitSeconds: 0 });
  await assert.rejects(opening, { kind: "login", message: /refused the login of user guest/ });
});

Deno.test("addresses that cannot be reached are all named", async () => {
  const opening = openRabbitmq({ url: "amqp://127.0.0.1:2/,amqp://127.0.0.1:1/", waitSeconds: 0 });
  await assert.rejects(opening, {
    kind: "unreachable",
    message:
      /^RabbitMQ at 127\.0\.0\.1:1 or 127\.0\.0\.1:2 cannot be reached \(connect ECONNREFUSED.*\): check/,
  });
});

Deno.test("a port that nobody listens on is an error once the time to wait is over", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const since = performance.now();
  await assertRefused(
    { url: `amqp://127.0.0.1:${port}`, waitSeconds: 1 },
    "unreachable",
    new RegExp(
      `^RabbitMQ at 127.0.0.1:${port} cannot be reached \\(connect ECONNREFUSED.*\\): check that it ` +
        `runs and that AMQP_URL \\(or RABBITMQ_HOST and RABBITMQ_PORT\\) names the right place$`,
    ),
    5,
  );
  assert.ok(performance.now() - since > 900);
});

Deno.test("a port that accepts and never answers is an error in time", async () => {
  await using silent = new Silent();
  await assertRefused(
    { url: `amqp://127.0.0.1:${silent.port}`, waitSeconds: 1 },
    "unreachable",
    /cannot be reached \(no answer within 1 s\): check that it runs/,
    5,
  );
});

Deno.test("a host without an address is an error once the time to wait is over", async () => {
  // A label of 64 characters: no server of names is asked, which may be slow.
  await assertRefused(
    { url: `amqp://${"x".repeat(64)}.invalid`, waitSeconds: 2 },
    "unreachable",
    /^RabbitMQ at x{64}\.invalid:5672 cannot be reached \(.*\): no address of that name is/,
    6,
  );
});

Deno.test("a server that speaks something else is an error", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    for await (const connection of listener) {
      await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
      connection.close();
    }
  })();
  await assertRefused(
    { url: `amqp://127.0.0.1:${listener.addr.port}`, waitSeconds: 0 },
    "unreachable",
    /cannot be reached \(/,
  );
  listener.close();
  await answering;
});

/** Accepts connections and never answers. */
class Silent implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Deno.TcpConn[] = [];
  readonly #accepting = this.#accept();

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#connections.forEach((connection) => connection.close());
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) this.#connections.push(connection);
  }
}
