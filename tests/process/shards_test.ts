import assert from "node:assert/strict";
import { hostTest } from "../fixtures/process/program_fixture.ts";

const SHARDS = { USER_ACTIVITY_SHARDS: "2" };

function activity(userId: number): string {
  return JSON.stringify({
    user_profile_id: userId,
    client_id: 1,
    query: "/json/users",
    time: 1700000000,
  });
}

hostTest(
  "publish and --worker_num divide a queue among its shards",
  "user_activity",
  async (fixture) => {
    const input = [1, 2, 3, 4, 5].map(activity).join("\n");
    const published = await fixture.start(["publish", "user_activity"], SHARDS, input).end();
    assert.deepEqual([published.code, published.stderr], [0, []]);
    assert.equal(published.stdout.at(-1), "published 5 events to user_activity");
    const one = "user_activity_shard1";
    const two = "user_activity_shard2";
    assert.equal(await fixture.client.ready(one), 2);
    assert.equal(await fixture.client.ready(two), 3);
    assert.equal(await fixture.client.ready("user_activity"), undefined);

    const program = fixture.consume(["--worker_num", "1", "--drain"], SHARDS);
    const { code, stdout } = await program.end();
    assert.deepEqual([code, stdout], [0, ["done 2, retried 0, failed 0, waiting for retry 0"]]);
    assert.equal(program.log[0]?.message, `Worker 1 connecting to queue ${one}`);
    assert.equal(program.log[0]?.["worker_num"], 1);
    assert.equal(await fixture.client.ready(two), 3);
    const statistics = JSON.parse(await Deno.readTextFile(`${fixture.folder}/stats/${one}.stats`));
    assert.deepEqual([statistics.worker_num, statistics.processed], [1, 2]);

    const other = await fixture.run(["--queue_name", two, "--drain"], SHARDS);
    assert.deepEqual(other.stdout, ["done 3, retried 0, failed 0, waiting for retry 0"]);
    // With events in every shard, no drain ends before each thread has started.
    const publish = () => fixture.start(["publish", "user_activity"], SHARDS, input).end();
    await publish();
    const named = await fixture.run(["--multi_threaded", two, one, two, "--drain"], SHARDS);
    assert.equal(named.code, 0);
    const launched = named.stderr.join("\n").match(/launching queue worker thread \w+/g)?.sort();
    assert.deepEqual(launched, [one, two].map((queue) => `launching queue worker thread ${queue}`));
    await publish();
    const all = await fixture.run(["--multi_threaded", two, "user_activity", "--drain"], SHARDS);
    assert.match(all.stderr.join("\n"), /"2 queue worker threads were launched"/);
    const none = await fixture.run(["--queue_name", "user_activity_shard3"], SHARDS);
    assert.match(none.stderr[0] ?? "", /there is no queue user_activity_shard3/);

    for (const number of ["0", "3"]) {
      const refused = await fixture.run(
        ["--queue", "user_activity", "--worker_num", number],
        SHARDS,
      );
      assert.equal(refused.code, 2);
      assert.deepEqual(refused.stderr, [
        "process-queue: user_activity has 2 shards, so --worker_num names the shard to consume, " +
        `from 1 to 2, and it is ${number}`,
      ]);
    }
  },
);
