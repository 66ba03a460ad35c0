/** The command lines of the scripts, as a newcomer meets them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

for (const script of ["bench", "crash", "figures", "postgres", "push", "rabbitmq", "smtp"]) {
  Deno.test(`deno task ${script} answers --help and a mistake with its usage, and no stack`, async () => {
    const run = async (option: string) => {
      const path = fileURLToPath(new URL(`../../scripts/${script}.ts`, import.meta.url));
      const args = ["run", "-A", "--quiet", "--no-check", path, option];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      const decoder = new TextDecoder();
      return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
    };
    const help = await run("--help");
    assert.deepEqual([help.code, help.stderr], [0, ""]);
    assert.match(help.stdout, new RegExp(`^usage: deno task ${script}.*\n( +deno task .*\n)*$`));
    const mistake = await run("--nope");
    assert.deepEqual([mistake.code, mistake.stdout], [2, ""]);
    assert.match(
      mistake.stderr,
      new RegExp(`^.*--nope.*\nusage: deno task ${script}.*\n( +deno task .*\n)*$`),
    );
  });
}
