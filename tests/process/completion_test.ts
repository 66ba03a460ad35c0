/**
 * Completion in real shells: each loads its script and completes command lines by the program.
 *
 * @module
 */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { installedTest, runInstalled } from "../fixtures/installed.ts";
import { MAIN } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

/** A folder with the program in its `bin`, a worker, and a file. */
async function withProgram(
  use: (shell: (name: string, script: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    for (const name of ["bin", "mine"]) mkdirSync(`${folder}/${name}`);
    const command = `exec '${Deno.execPath()}' run -A --quiet --no-lock '${MAIN}' "$@"`;
    writeFileSync(`${folder}/bin/process-queue`, `#!/bin/sh\n${command}\n`);
    chmodSync(`${folder}/bin/process-queue`, 0o755);
    writeFileSync(`${folder}/mine/parcels.ts`, "");
    writeFileSync(`${folder}/mine/parts of it.jsonl`, "");
    for (const name of ["star*", "starry"]) writeFileSync(`${folder}/mine/${name}`, "");
    mkdirSync(`${folder}/stats`);
    writeFileSync(`${folder}/stats/made $(touch made).stats`, "{}");
    const env = {
      HOME: folder,
      TERM: "dumb",
      PATH: `${folder}/bin:/usr/bin:/bin`,
      WORKERS_DIR: "mine",
      QUEUE_STATS_DIR: "stats",
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
    };
    await use(async (name, script) => {
      const { stdout } = await runInstalled(name, ["-c", `cd '${folder}'\n${script}`], "", env);
      return stdout.trim();
    });
  });
}

const BASH = `. <(process-queue completion bash)
try() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
  _process_queue "$1" "\${@: -1}" "\${@: -2:1}"
  echo "\${COMPREPLY[*]}"
}
try process-queue failed re
try process-queue --queue_name parc
compopt() { :; }
try process-queue publish parcels --from mine/parts
try process-queue publish parcels --from mine/star | wc -w
try process-queue peek ma
eval ": \${COMPREPLY[0]}"; ls
COMP_WORDS=(process-queue queues --sort = fa); COMP_CWORD=4
_process_queue process-queue fa =; echo "\${COMPREPLY[*]}"
`;

installedTest(
  "bash",
  "bash completes commands, queues, files and values",
  () =>
    withProgram(async (shell) => {
      assert.deepEqual((await shell("bash", BASH)).split("\n"), [
        "retry",
        "parcels",
        "mine/parts of it.jsonl",
        "2",
        "made\\ \\$\\(touch\\ made\\)",
        "bin",
        "mine",
        "stats",
        "failed",
      ]);
    }),
);

const FISH = `process-queue completion fish | source
for line in 'failed re' '--queue_name parc' 'publish parcels --from mine/pa' 'queues --sort=fa' \\
    'new mi' 'publish --any'
  complete -C "process-queue $line"
end
`;

installedTest(
  "fish",
  "fish completes commands, queues, files and values",
  () =>
    withProgram(async (shell) => {
      assert.deepEqual((await shell("fish", FISH)).split("\n"), [
        "retry\tput dead letters back into their queue",
        "parcels",
        "mine/parcels.ts",
        "mine/parts of it.jsonl",
        "--sort=failed",
        "mine/\tDirectory",
        "--any-queue\talso publish to a queue that has no worker",
      ]);
    }),
);

/** Types lines into an interactive zsh, each with a tab, and prints what became of them. */
const ZSH = `cat > rc <<'END'
autoload -U compinit
compinit -u -D
. <(process-queue completion zsh)
show() { print -r -- "@@$BUFFER@@"; BUFFER= }
zle -N show
bindkey '^O' show
END
zmodload zsh/zpty
zpty shell 'zsh -f -i'
zpty -w shell '. ./rc; echo load""ed'
zpty -r -m shell seen '*loaded*'
for line in 'failed re' '--queue_name parc' 'publish parcels --from mine/part' 'queues --sort=fa' \\
    'peek ma'; do
  zpty -w -n shell "process-queue $line"$'\\t\\x0f'
  zpty -r -m shell seen '*@@*@@*'
  print -r -- "\${\${seen#*@@process-queue }%@@*}"
done
zpty -d shell
`;

installedTest("zsh", "zsh completes commands, queues, files and values", () => {
  return withProgram(async (shell) => {
    assert.deepEqual((await shell("zsh", ZSH)).split("\n").map((line) => line.trim()), [
      "failed retry",
      "--queue_name parcels",
      "publish parcels --from mine/parts\\ of\\ it.jsonl",
      "queues --sort=failed",
      "peek made\\ \\$\\(touch\\ made\\)",
    ]);
  });
});
