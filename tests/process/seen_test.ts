import assert from "node:assert/strict";
import { hostTest, programTest } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

const MANY = Array.from({ length: 60 }, (_, n) => ({ n }));

programTest(
  "a queue's statistics begin with Zulip's four fields and are whole at any time",
  async (fixture) => {
    await fixture.worker();
    await fixture.publish([...MANY, { do: "throw" }, { do: 7 }]);
    const program = fixture.consume();
    const began = Date.now() / 1000;
    const statistics = await until("all are counted", () => {
      if (program.log.length === 0) return undefined;
      const { processed, retried, failed } = fixture.statistics;
      return processed === 60 && retried === 1 && failed === 1 ? fixture.statistics : undefined;
    });
    assert.deepEqual(Object.keys(statistics), [
      "update_time",
      "recent_average_consume_time",
      "queue_last_emptied_timestamp",
      "consumed_since_last_emptied",
      "pid",
      "worker_num",
      "version",
      "processed",
      "retried",
      "failed",
      "in_flight",
      "current_event_id",
      "current_event_age",
      "wait_p50",
      "wait_p99",
      "waiting_for",
    ]);
    assert.equal(statistics["pid"], program.pid);
    assert.equal(statistics["in_flight"], 0);
    const text = await Deno.readTextFile(`${fixture.folder}/stats/${fixture.queue}.stats`);
    assert.match(
      text,
      /^\{\n {2}"update_time": \d+\.\d+,\n {2}"recent_average_consume_time": 0\.\d+,\n/,
    );
    assert.match(text, /\n\}\n$/);
    const updated = statistics["update_time"] as number;
    assert(updated >= began - 60 && updated <= Date.now() / 1000, `${updated}`);
  },
);

programTest("the statistics name the event that hangs, and its growing age", async (fixture) => {
  await fixture.worker({ concurrency: 2, maxConsumeSeconds: null });
  await fixture.publish([{ do: "hang" }], { messageId: "hanging" });
  const program = fixture.consume([], { STOP_GRACE_SECONDS: "0" });
  const age = await until("the age is known", () => {
    const age = program.log.length > 0 && fixture.statistics["current_event_age"];
    return age === null ? undefined : age as number;
  });
  assert.equal(fixture.statistics["current_event_id"], "hanging");
  assert.equal(fixture.statistics["in_flight"], 1);
  await fixture.publish(MANY.slice(0, 50));
  await until("it is older, and others are done", () => {
    const { current_event_age, current_event_id, processed } = fixture.statistics;
    assert.equal(current_event_id, "hanging");
    return current_event_age as number > age && processed === 50;
  });
  const { update_time } = fixture.statistics;
  await until("it is older still, and nothing else happens", () => {
    return fixture.statistics["current_event_age"] as number > age + 5;
  });
  assert.equal(fixture.statistics["update_time"], update_time);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
  assert.equal(fixture.statistics["current_event_id"], null);
  assert.equal(fixture.statistics["processed"], 50);
});

programTest("every log line is JSON and says what happened to which event", async (fixture) => {
  await fixture.worker({ retries: [1] });
  await fixture.publish([{ n: 0 }, { do: "throw" }, { do: "throw", failed_tries: 1 }]);
  const program = fixture.consume(["--drain", "--log-level", "debug"]);
  const { code, stderr } = await program.end();
  assert.equal(code, 0);
  const { queue } = fixture;
  for (const line of stderr) {
    const { time, level, message, queue, worker_num } = JSON.parse(line);
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert(["debug", "info", "warning", "error"].includes(level), line);
    assert.deepEqual([typeof message, queue, worker_num], ["string", fixture.queue, 0], line);
  }
  assert(program.log.some(({ level, message }) => {
    return level === "debug" && message === `starting consuming ${queue}`;
  }));
  const settled = program.log.filter(({ duration }) => duration !== undefined);
  const seen = settled.map(({ level, message, event, attempt }) => ({
    level,
    message,
    event,
    attempt,
  }));
  assert.deepEqual(seen.toSorted((a, b) => a.event as string < (b.event as string) ? -1 : 1), [
    { level: "debug", message: `Processed an event of queue ${queue}`, event: "0", attempt: 1 },
    {
      level: "warning",
      message: `Event failed on queue ${queue} (attempt 1), retrying in 1s: Error: this event is ` +
        "broken, password=***",
      event: "1",
      attempt: 1,
    },
    { level: "error", message: `Problem handling data on queue ${queue}`, event: "2", attempt: 2 },
  ]);
  for (const { duration } of settled) assert.equal(typeof duration, "number");
  assert.equal(program.log[0]?.message, `Worker 0 connecting to queue ${queue}`);
  assert.equal(program.log.at(-1)?.message, `Worker 0 disconnecting from queue ${queue}`);
});

programTest("--log-format text writes lines as Zulip does", async (fixture) => {
  await fixture.worker();
  await fixture.publish([{ do: "throw", failed_tries: 1 }]);
  const { stderr } = await fixture.consume(["--drain", "--log-format", "text"]).end();
  const head = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} /;
  assert.match(stderr[0] ?? "", new RegExp(`${head.source}INFO .*Worker 0 connecting to queue`));
  assert.match(stderr[1] ?? "", new RegExp(`${head.source}ERR  .*Problem handling data on queue`));
  for (const line of stderr) assert.match(line, new RegExp(`${head.source}| {2}`));
});

for (const level of ["info", "debug"]) {
  hostTest(
    `no secret is in what is logged at level ${level}`,
    "secretive",
    async (fixture, server) => {
      const user = `user-${crypto.randomUUID().slice(0, 8)}`;
      const host = new URL(fixture.url).pathname.slice(1);
      await server.ctl("add_user", user, "br0ken/sesame");
      try {
        await server.ctl("set_permissions", "-p", host, user, ".*", ".*", ".*");
        await fixture.worker({ retries: [] });
        const secrets = {
          password: "open-sesame",
          nested: [{ apiKey: "key-sesame" }],
          token: "tok-sesame",
          text: "https://iago:url-sesame@example.com/",
        };
        await fixture.publish([
          { do: "tell", ...secrets },
          { do: 7, ...secrets },
          { ...secrets },
          { do: "tell", ...secrets, padding: "x".repeat(10_000), password: "late-sesame" },
        ]);
        await fixture.client.publish(fixture.queue, '{"password": "cut-sesame"');
        const url = new URL(fixture.url);
        url.username = user;
        url.password = encodeURIComponent("br0ken/sesame");
        const { code, stdout, stderr } = await fixture.consume(["--drain", "--log-level", level], {
          AMQP_URL: url.href,
        }).end();
        assert.deepEqual([code, stdout], [0, ["done 1, retried 0, failed 4, waiting for retry 0"]]);
        const text = stderr.join("\n");
        assert(
          !text.includes("sesame"),
          text.split("\n").filter((l) => l.includes("sesame")).join("\n"),
        );
        assert.equal(text.includes("The event's body"), level === "debug");
        const failed = await fixture.client.take(`${fixture.queue}.failed`);
        assert(!JSON.stringify(failed?.properties).includes("sesame"));
        assert(failed?.content.toString().includes("open-sesame"));
      } finally {
        await server.ctl("delete_user", user);
      }
    },
  );
}

programTest(
  "QUEUE_ERROR_DIR keeps what was given up in Zulip's format, for its owner only",
  async (fixture) => {
    await fixture.worker({ retries: [] });
    await fixture.publish([{ do: "throw", n: 1 }, { n: 2 }, { do: "throw", n: 3 }]);
    await fixture.client.publish(fixture.queue, "no JSON");
    const dir = `${fixture.folder}/errors`;
    const { stdout } = await fixture.drain({ QUEUE_ERROR_DIR: dir });
    assert.deepEqual(stdout, ["done 1, retried 0, failed 3, waiting for retry 0"]);
    const path = `${dir}/${fixture.queue}.errors`;
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    const lines = (await Deno.readTextFile(path)).split("\n");
    assert.equal(lines.pop(), "");
    const bodies = lines.map((line) => {
      assert.match(line, /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\t\[.*\]$/);
      return JSON.parse(line.split("\t")[1] ?? "");
    });
    assert.deepEqual(bodies.flat().map((body) => body.n ?? body).toSorted(), [1, 3, "no JSON"]);
  },
);

programTest(
  "without QUEUE_ERROR_DIR nothing is written but state and statistics",
  async (fixture) => {
    await fixture.worker({ retries: [] });
    await fixture.publish([{ do: "throw" }]);
    await fixture.drain();
    const made = [...Deno.readDirSync(fixture.folder)].map(({ name }) => name).toSorted();
    assert.deepEqual(made, ["ledger", "state", "stats", "workers"]);
  },
);
