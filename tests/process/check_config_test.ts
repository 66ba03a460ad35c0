/** `check-config` in a folder of its own, on the embedded broker. */
import assert from "node:assert/strict";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

Deno.test("check-config loads your workers, names what is wrong, and leaves no file", async () => {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/mine`);
    await Deno.writeTextFile(`${cwd}/mine/broken.ts`, 'throw new Error("not today");');
    await using program = Program.start(["check-config", "--workers-dir", "mine"], { cwd });
    const { code, stdout } = await program.end();
    assert.equal(code, 1);
    const text = stdout.join("\n").replaceAll(cwd, "DIR");
    assert.match(text, /^ {2}broken: DIR\/mine\/broken\.ts does not load: Error: not today/m);
    assert.match(text, /^ {2}noop: \/.*\/workers\/noop\.ts, not run by --all$/m);
    assert.match(text, /^broker: ok \(embedded, in DIR\/var\)\ndatabase: ok$/m);
    assert.deepEqual([...Deno.readDirSync(cwd)].map(({ name }) => name), ["mine"]);
  });
});

Deno.test("check-config changes nothing beside what a run has made", async () => {
  await withFolder(async (cwd) => {
    const run = async (...args: string[]) => {
      await using program = Program.start(args, { cwd });
      const { code, stdout, stderr } = await program.end();
      assert.equal(code, 0, [...stdout, ...stderr].join("\n"));
    };
    await run("publish", "noop", "{}");
    const files = () => [...Deno.readDirSync(`${cwd}/var`)].map(({ name }) => name).sort();
    const before = files();
    const event = await Deno.readFile(`${cwd}/var/broker.sqlite`);
    await run("check-config");
    assert.deepEqual(files(), before);
    assert.deepEqual(await Deno.readFile(`${cwd}/var/broker.sqlite`), event);
  });
});

Deno.test("check-config migrates no database, and says that the next run does", async () => {
  await withFolder(async (cwd) => {
    const path = `${cwd}/elsewhere.sqlite`;
    await Deno.writeTextFile(path, "");
    const env = { DATABASE_URL: `sqlite:${path}` };
    await using program = Program.start(["check-config"], { cwd, env });
    const { code, stdout } = await program.end();
    assert.equal(code, 0);
    assert.match(stdout.at(-1) ?? "", /^database: ok \(the next run migrates it: 0001_user_activ/);
    assert.equal((await Deno.stat(path)).size, 0);
  });
});
