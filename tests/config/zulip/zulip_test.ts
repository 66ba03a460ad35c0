/** A Zulip server's files as settings. */

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../../lib/config/config.ts";
import { mergeEnvironment } from "../../../lib/config/environment.ts";
import { overZulip, withZulip } from "../../../lib/config/zulip/with_zulip.ts";
import { zulipSettings } from "../../../lib/config/zulip/zulip.ts";

const NAMES = ["EMAIL_HOST", "EMAIL_PORT", "EXTERNAL_HOST", "RABBITMQ_HOST", "ZULIP_SERVICES_URL"];
const SECRETS = "[secrets]\nrabbitmq_password = s3cret\n";

/** The settings of some files. */
function settingsOf(files: { conf?: string; secrets?: string; settings?: string }) {
  const { conf = "", secrets = SECRETS, settings = "" } = files;
  return zulipSettings({ folder: "/etc/zulip", conf, secrets, settings }, NAMES);
}

const SOCKET = "postgres://zulip@%2Fvar%2Frun%2Fpostgresql/zulip";
const REMOTE = `REMOTE_POSTGRES_HOST = "db.example"\n`;
const ROWS: readonly [name: string, files: Parameters<typeof settingsOf>[0], text: string][] = [
  ["RABBITMQ_PASSWORD", {}, "s3cret"],
  ["RABBITMQ_HOST", {}, "127.0.0.1"],
  ["QUEUE_STATS_DIR", {}, "/var/log/zulip/queue_stats"],
  ["QUEUE_ERROR_DIR", {}, "/var/log/zulip/queue_error"],
  ["LOG_FORMAT", {}, "text"],
  ["EMAIL_HOST_PASSWORD", { secrets: "[secrets]\nemail_password = a=b\n" }, "a=b"],
  ["CAMO_KEY", { secrets: "[secrets]\ncamo_key = k\n" }, "k"],
  ["SHARED_SECRET", { secrets: "[secrets]\nshared_secret = k\n" }, "k"],
  ["EXTERNAL_HOST", { settings: `EXTERNAL_HOST = "chat.example"\n` }, "chat.example"],
  ["EMAIL_PORT", { settings: "EMAIL_PORT = 587\n" }, "587"],
  ["EMAIL_HOST", { settings: "EMAIL_HOST = None\n" }, ""],
  ["DATABASE_URL", {}, SOCKET],
  [
    "DATABASE_URL",
    { conf: "[postgresql]\ndatabase_user = z\ndatabase_name = chat\n" },
    "postgres://z@%2Fvar%2Frun%2Fpostgresql/chat",
  ],
  [
    "DATABASE_URL",
    { settings: REMOTE },
    "postgres://zulip@db.example:5432/zulip?sslmode=verify-full",
  ],
  [
    "DATABASE_URL",
    {
      settings: `${REMOTE}REMOTE_POSTGRES_PORT = "6432"\nREMOTE_POSTGRES_SSLMODE = "require"\n`,
      secrets: "[secrets]\npostgres_password = p@ss\n",
    },
    "postgres://zulip:p%40ss@db.example:6432/zulip?sslmode=require",
  ],
  ["HTTP_proxy", { conf: "[http_proxy]\nhost = localhost\n" }, "http://localhost:4750"],
  ["HTTPS_proxy", { conf: "[http_proxy]\nhost = p\nport = 80\n" }, "http://p:80"],
  [
    "MOBILE_NOTIFICATIONS_SHARDS",
    { conf: "[application_server]\nmobile_notification_shards = 4\n" },
    "4",
  ],
  [
    "DEDICATED_SOFT_REACTIVATION_QUEUE",
    { conf: "[application_server]\ndedicated_soft_reactivation_queue = true\n" },
    "true",
  ],
  [
    "ZULIP_SERVICE_PUSH_NOTIFICATIONS",
    { settings: `PUSH_NOTIFICATION_BOUNCER_URL = "https://push.example"\n` },
    "true",
  ],
  [
    "ZULIP_SERVICES_URL",
    { settings: `PUSH_NOTIFICATION_BOUNCER_URL = "https://push.example"\n` },
    "https://push.example",
  ],
];
for (const [name, files, text] of ROWS) {
  Deno.test(`${name} is ${JSON.stringify(text)} by ${JSON.stringify(files)}`, () => {
    const { values, problems, warnings } = settingsOf(files);
    assert.equal(values.get(name)?.text, text);
    assert.deepEqual([problems, warnings], [[], []]);
  });
}

Deno.test("the environment and .env are above the files, and each setting says where it is from", () => {
  const settings = `EXTERNAL_HOST = "zulip"\nEMAIL_HOST = "zulip"\nEMAIL_PORT = 2525\n`;
  const own = mergeEnvironment({ EXTERNAL_HOST: "environment" }, "EMAIL_HOST=file\n");
  const config = readConfig(overZulip(own, settingsOf({ settings })));
  assert.deepEqual(config.problems, []);
  const of = (name: string) => config.effective.find((each) => each.name === name);
  assert.deepEqual(of("EXTERNAL_HOST"), {
    name: "EXTERNAL_HOST",
    value: "environment",
    source: "environment",
  });
  assert.equal(of("EMAIL_HOST")?.source, ".env");
  assert.equal(of("EMAIL_PORT")?.source, "settings.py line 3");
  assert.deepEqual(of("RABBITMQ_PASSWORD"), {
    name: "RABBITMQ_PASSWORD",
    value: "***",
    source: "zulip-secrets.conf line 2",
  });
  assert.equal(of("LOG_FORMAT")?.source, "--zulip");
});

Deno.test("AMQP_URL of the environment replaces where the server has RabbitMQ", () => {
  const url = "amqp://u:p@elsewhere:5672/x";
  const { broker, problems } = readConfig(overZulip({ AMQP_URL: url }, settingsOf({})));
  assert.deepEqual([broker.url, problems], [url, []]);
});

Deno.test("what settings.py computes is a warning that names the variable, unless that is set", () => {
  const zulip = settingsOf({ settings: `import os\nEMAIL_HOST = os.environ["X"]\n` });
  assert.deepEqual(readConfig(overZulip({}, zulip)).warnings, [
    "/etc/zulip/settings.py line 2: it computes EMAIL_HOST, and only plain values are read; set " +
    "the variable EMAIL_HOST in the environment",
  ]);
  assert.deepEqual(readConfig(overZulip({ EMAIL_HOST: "smtp" }, zulip)).warnings, []);
});

Deno.test("a database or broker that settings.py computes is a problem, unless it is set", () => {
  const zulip = settingsOf({ settings: "REMOTE_POSTGRES_HOST = f()\nRABBITMQ_HOST = f()\n" });
  assert.deepEqual(readConfig(overZulip({}, zulip)).problems, [
    {
      setting: "/etc/zulip/settings.py line 1",
      wrong: "it computes REMOTE_POSTGRES_HOST, and only plain values are read",
      fix: "set the variable DATABASE_URL in the environment",
    },
    {
      setting: "/etc/zulip/settings.py line 2",
      wrong: "it computes RABBITMQ_HOST, and only plain values are read",
      fix: "set the variable RABBITMQ_HOST in the environment",
    },
  ]);
  const set = { AMQP_URL: "amqp://u:p@h:5672/", DATABASE_URL: "sqlite:x" };
  assert.deepEqual(readConfig(overZulip(set, zulip)).problems, []);
});

Deno.test("imports of everything are a warning", () => {
  assert.deepEqual(settingsOf({ settings: "from .prod import *\n" }).warnings, [
    "/etc/zulip/settings.py line 1 imports names, which are not read: set those of process-queue " +
    "as variables of the environment",
  ]);
});

Deno.test("lines that cannot be read are problems, and show no secret", () => {
  const config = readConfig(overZulip(
    {},
    settingsOf({
      conf: "[a]\nbad\n",
      secrets: `${SECRETS}hunter2\n`,
      settings: `EXTERNAL_HOST = "x\n`,
    }),
  ));
  assert.deepEqual(config.problems.map(({ setting, wrong }) => `${setting} ${wrong}`), [
    "/etc/zulip/zulip.conf line 2 is neither [section] nor key = value below one",
    "/etc/zulip/zulip-secrets.conf line 3 is neither [section] nor key = value below one",
    "/etc/zulip/settings.py line 1 has a string that is not closed",
  ]);
});

/** Runs with a folder of the three files. */
function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "pq-zulip-"));
  try {
    writeFileSync(join(folder, "zulip.conf"), "[machine]\n");
    writeFileSync(join(folder, "zulip-secrets.conf"), SECRETS, { mode: 0o640 });
    writeFileSync(join(folder, "settings.py"), "EMAIL_PORT = 25\n");
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

Deno.test("secrets that everybody can read are a warning", () =>
  inFolder((folder) => {
    assert.deepEqual(readConfig(withZulip({}, folder)).warnings, []);
    const secrets = join(folder, "zulip-secrets.conf");
    chmodSync(secrets, 0o644);
    assert.deepEqual(readConfig(withZulip({}, folder)).warnings, [
      `every user of this machine can read ${secrets}: run chmod o-rwx ${secrets}`,
    ]);
  }));

Deno.test("a file that cannot be read is an error that says as whom to run", () =>
  inFolder((folder) => {
    rmSync(join(folder, "zulip-secrets.conf"));
    assert.throws(() => withZulip({}, folder), {
      name: "ConfigError",
      message:
        /zulip-secrets\.conf: cannot be read: .*; run this program as the user of Zulip's server, which is zulip, and name the folder of its configuration: --zulip=\/etc\/zulip/,
    });
  }));
