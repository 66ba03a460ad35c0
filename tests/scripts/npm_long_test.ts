/**
 * The npm package of the client, as an application installs it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { makePackage, PACKAGE_NAME } from "../../scripts/npm.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { queueTest } from "../fixtures/rabbitmq/queue_fixture.ts";

const SCRIPT = `import { connect } from "${PACKAGE_NAME}";
const [url, queue] = process.argv.slice(2);
const client = await connect(url, { declare: true, window: 10 });
await client.publish(queue, { name: "Ada" }, { id: "one" });
const count = await client.publishAll(queue, Array.from({ length: 100 }, (_, n) => ({ n })));
await client.close();
console.log("published", count);
try {
  await connect("amqp://guest:hidden@127.0.0.1:1/", { waitSeconds: 0 });
} catch ({ name, message }) {
  console.log(name, message.includes("amqp://guest:***@127.0.0.1:1/"));
}
`;

const TYPED = `import { connect } from "${PACKAGE_NAME}";
const client = await connect("amqp://host/");
const id: string = await client.publish("greetings", {}, { delaySeconds: 5 });
const count: number = id;
`;

async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const env = { NO_COLOR: "1" };
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd, env }).output();
  const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${program} ${args.join(" ")} failed:\n${out}${errors}`);
  return out ?? "";
}

queueTest("the npm package publishes under Node.js and Deno", async ({ queue, server, client }) => {
  await withFolder(async (folder) => {
    await makePackage(`${folder}/package`);
    const tarball = (await run(folder, "npm", "pack", "--silent", "./package")).trim();
    await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }');
    await run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", `./${tarball}`);
    await Deno.writeTextFile(`${folder}/publish.js`, SCRIPT);
    await Deno.writeTextFile(`${folder}/typed.ts`, TYPED);
    const printed = "published 100\nClientError true\n";
    assert.equal(await run(folder, "node", "publish.js", server.url, queue), printed);
    const deno = Deno.execPath();
    assert.equal(await run(folder, deno, "run", "-A", "publish.js", server.url, queue), printed);
    assert.equal((await client.channel.checkQueue(queue)).messageCount, 202);
    await assert.rejects(run(folder, deno, "check", "typed.ts"), (error: Error) => {
      const found = error.message.match(/TS\d+/g);
      assert.deepEqual(found, ["TS2322"], error.message);
      return true;
    });
  });
});
