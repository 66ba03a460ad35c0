/** The demo, as a newcomer sees it. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

Deno.test("the demo consumes its events, gives one up, and says what to try next", async () => {
  const { AMQP_URL: _, ...env } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "scripts/demo.ts"],
    cwd: ROOT,
    clearEnv: true,
    env,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, new TextDecoder().decode(stderr));

  assert.match(text, /^process-queue: 5,000 events, 3 queues, the embedded broker\.$/m);
  assert.match(text, /demo_webhooks: attempt 1 failed.*\n {2}it is run again in 1 s/);
  assert.match(text, /demo_webhooks: attempt 3 failed.*\n {2}given up/);
  assert.match(text, /^consuming {2}\[#{30}\] 5,000 of 5,000$/m);
  assert.match(text, /^user_activity +3500 +0 +0 /m);
  assert.match(text, /^demo_webhooks +499 +2 +1 /m);
  assert.match(text, /task start failed list demo_webhooks$/m);
  const long = text.split("\n").filter((line) => line.length > 80);
  assert.deepEqual(long, []);
});
