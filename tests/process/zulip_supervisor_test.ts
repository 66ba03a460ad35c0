import assert from "node:assert/strict";
import { MAIN, Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const MANAGE_PY = "/home/zulip/deployments/current/manage.py";
/** Of the file that Zulip's installer writes for supervisor. */
const STANZA = `[program:zulip_events_user_activity]
command=nice -n10 ${MANAGE_PY} process_queue --queue_name=user_activity --skip-checks
stopsignal=TERM
`;

Deno.test("Zulip's supervisor starts and stops the program with its path in place of manage.py", () =>
  withFolder(async (folder) => {
    const path = `${folder}/process-queue`;
    await Deno.writeTextFile(path, `#!/bin/sh\nexec "${Deno.execPath()}" run -A ${MAIN} "$@"\n`);
    await Deno.chmod(path, 0o755);
    const [, command = ""] = /^command=(.*)$/m.exec(STANZA.replace(MANAGE_PY, path)) ?? [];
    await using program = Program.startBinary("/bin/sh", ["-c", `exec ${command}`], {
      cwd: folder,
    });
    await program.untilLogged(/^Worker 0 connecting to queue user_activity$/);
    program.signal("SIGTERM");
    const { code, stderr } = await program.end();
    assert.equal(code, 0, stderr.join("\n"));
    assert.deepEqual(stderr.filter((line) => !line.startsWith("{")), [
      "process-queue: ignored, as only Zulip's manage.py needs it: process_queue, --skip-checks",
    ]);
  }));
