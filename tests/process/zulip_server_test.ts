/**
 * The program on the host of a Zulip server: its configuration, its supervisor.
 *
 * @module
 */

import assert from "node:assert/strict";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MAIN } from "../fixtures/process/program.ts";
import { hostTest, type ProgramFixture } from "../fixtures/process/program_fixture.ts";
import { Supervisord, supervisorInstalled } from "../fixtures/process/supervisord.ts";
import { until } from "../fixtures/until.ts";

const SECRET = "guest";

/** Writes a configuration as Zulip's installer does. @returns Its folder. */
async function writeConfiguration({ folder, url }: ProgramFixture): Promise<string> {
  const { hostname, port, pathname, username } = new URL(url);
  const zulip = join(folder, "etc-zulip");
  await mkdir(zulip);
  await writeFile(
    join(zulip, "zulip.conf"),
    "[machine]\npuppet_classes = zulip::profile::standalone\ndeploy_type = production\n\n" +
      "[postgresql]\nversion = 16\n",
  );
  await writeFile(
    join(zulip, "zulip-secrets.conf"),
    `[secrets]\navatar_salt = 0123\nrabbitmq_password = ${SECRET}\n`,
    { mode: 0o640 },
  );
  await writeFile(
    join(zulip, "settings.py"),
    `from typing import Any\n\nEXTERNAL_HOST = "zulip.example.com"\n\n` +
      `RABBITMQ_HOST = "${hostname}"\nRABBITMQ_PORT = ${port}\n` +
      `RABBITMQ_USERNAME = "${decodeURIComponent(username)}"\n` +
      `RABBITMQ_VHOST = "${decodeURIComponent(pathname.slice(1))}"\n` +
      `AUTHENTICATION_BACKENDS: tuple[str, ...] = (\n    "zproject.backends.EmailAuthBackend",\n)\n` +
      `EMAIL_HOST = get_secret("smtp")\n`,
  );
  return zulip;
}

/** Writes a program that runs this one, to stand where `manage.py` does. */
async function writeProgram(folder: string): Promise<string> {
  const path = join(folder, "process-queue");
  await writeFile(path, `#!/bin/sh\nexec "${Deno.execPath()}" run -A ${MAIN} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

if (!supervisorInstalled()) Deno.test.ignore("Zulip's supervisor runs the program", () => {});
else {
  hostTest(
    "Zulip's supervisor runs the program by Zulip's configuration",
    "test",
    async (fixture) => {
      const { folder } = fixture;
      const zulip = await writeConfiguration(fixture);
      const path = await writeProgram(folder);
      const stanza = `[program:zulip_events_test]
command=nice -n10 ${path} process_queue --queue_name=test --skip-checks --zulip=${zulip}
directory=${folder}
stopsignal=TERM
stopwaitsecs=100
startsecs=0
stderr_logfile=${join(folder, "test.log")}
`;
      await using supervisord = await Supervisord.start(folder, stanza, {
        STATE_DIR: join(folder, "state"),
        QUEUE_STATS_DIR: join(folder, "stats"),
        QUEUE_ERROR_DIR: join(folder, "errors"),
        ZULIP_WORKER_TEST_FILE: join(folder, "ledger"),
      });
      await fixture.publish([{ n: 1 }]);
      await until("the event ran", () => supervisord.written("ledger").includes('"n"'));
      const log = supervisord.written("test.log");
      assert.match(
        log,
        /settings\.py line 12: it computes EMAIL_HOST.*set the variable EMAIL_HOST/,
      );
      assert.match(log, /INFO .*Worker 0 connecting to queue test/);
      assert.match(await supervisord.ctl("stop", "zulip_events_test"), /stopped/);
      const connecting = () =>
        supervisord.written("test.log").match(/connecting to queue test/g) ?? [];
      assert.match(await supervisord.ctl("start", "zulip_events_test"), /started/);
      await until("it runs again", () => connecting().length === 2);
      assert.match(await supervisord.ctl("status"), /RUNNING/);
    },
  );
}
