import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { migrateDatabase, openDatabase } from "../../../lib/domain/database/database.ts";
import type { DeviceOutcome } from "../../../lib/domain/push/push_transport.ts";
import { runPushTest, sentenceOf } from "../../../lib/modes/push/test_push.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { type PushFixture, pushTest } from "../../fixtures/push/push.ts";
import { APPLE, GOOGLE, PUSH_KEY, PushUser } from "../../fixtures/push/worker.ts";
import { MemoryServices } from "../memory_services.ts";

/** A database in a file with Ada and her devices, and runs of the command. */
class Command {
  readonly push: PushFixture;
  readonly url: string;
  readonly ada: number;

  constructor(push: PushFixture, url: string, ada: number) {
    this.push = push;
    this.url = url;
    this.ada = ada;
  }

  /** Runs it. @returns Its exit code and the lines that it printed. */
  async run(user = String(this.ada), environment: Record<string, string> = this.push.direct) {
    const services = new MemoryServices();
    const more = { EXTERNAL_HOST: "zulip.example", DATABASE_URL: this.url };
    const code = await runPushTest({ user }, loadConfig({ ...environment, ...more }), services);
    return { code, lines: services.printed };
  }
}

function commandTest(name: string, fn: (command: Command) => Promise<void>): void {
  pushTest(name, async (push) => {
    const folder = await Deno.makeTempDir({ prefix: "pq-push-" });
    try {
      const url = `sqlite:${folder}/test.sqlite`;
      await migrateDatabase(url);
      await using db = await openDatabase(url);
      const { ada } = await PushUser.make(db);
      await db.insertInto("zerver_pushdevice").values({
        ...{ user_id: ada, token_kind: "apns", push_account_id: 5, push_key: PUSH_KEY },
        bouncer_device_id: 77,
      }).execute();
      await fn(new Command(push, url, ada));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

commandTest("push test says what the service of each device answers", async (command) => {
  const { push } = command;
  push.script({ answers: { [`fcm:${GOOGLE}`]: { status: 404, reason: "UNREGISTERED" } } });
  for (const user of [String(command.ada), "ada@example.com"]) {
    const { code, lines } = await command.run(user);
    assert.equal(code, 1);
    assert.match(
      lines.toSorted().join("\n"),
      /^Device 1 \(APNs, org\.zulip\.Zulip\): sent, apns-id [0-9a-f-]{36}\nDevice 2 \(FCM\): not registered \(404 UNREGISTERED\): the worker removes it at its next push$/,
    );
  }
  push.script({});
  assert.equal((await command.run()).code, 0);
  const { aps } = JSON.parse(push.received("apns").at(-1)?.text ?? "");
  assert.equal(aps.alert.subtitle, "Test notification");
  assert.equal(push.received("apns").at(-1)?.what, APPLE);
});

commandTest("push test goes through the bouncer, also encrypted", async (command) => {
  const { code, lines } = await command.run(undefined, command.push.throughBouncer);
  assert.deepEqual(lines.toSorted(), [
    "Device 1 (APNs, encrypted): sent",
    "Device 1 (APNs, org.zulip.Zulip): sent",
    "Device 2 (FCM): sent",
  ]);
  assert.equal(code, 0);
});

commandTest("push test says why a service cannot be used", async (command) => {
  const wrong = { ...command.push.throughBouncer, ZULIP_ORG_KEY: "wrong" };
  const { code, lines } = await command.run(undefined, wrong);
  assert.equal(code, 1);
  assert.match(
    lines[0] ?? "",
    /^Device 1 \(APNs, org\.zulip\.Zulip\): not sent: The push bouncer does/,
  );
});

commandTest("push test says what is missing: services, a user, devices", async (command) => {
  const none = await command.run(undefined, {});
  assert.equal(none.code, 1);
  assert.match(none.lines[0] ?? "", /^No push service is configured: set ZULIP_SERVICE_PUSH_NOTIF/);
  await assert.rejects(
    command.run("987654"),
    /^UsageError: there is no user with the id 987654 in/,
  );
  await assert.rejects(command.run("eve@example.com"), /active user with the address eve@example/);
  const ben = await command.run("ben@example.com");
  assert.equal(ben.code, 1);
  assert.match(
    ben.lines[0] ?? "",
    /\(Ben & Co\) has no registered devices: log in with the mobile/,
  );
});

commandTest("push test says that the services reach none of the devices", async (command) => {
  await using db = await openDatabase(command.url);
  await db.deleteFrom("zerver_pushdevicetoken").where("user_id", "=", command.ada).execute();
  const { code, lines } = await command.run();
  assert.equal(code, 1);
  assert.match(
    lines[0] ?? "",
    /^User \d+ \(.+\) has 1 device, and the services that are configured reach none; encrypted pushes need the push bouncer/,
  );
});

commandTest("push test asks for the id where several users have an address", async (command) => {
  await using db = await openDatabase(command.url);
  const other = await (await TestRealm.make(db, "other")).user("Ada");
  await assert.rejects(
    command.run("ada@example.com"),
    new RegExp(
      `^UsageError: 2 users have the address ada@example\\.com: name one by the id, ${command.ada}, ${other}$`,
    ),
  );
});

const SENTENCES: readonly [outcome: DeviceOutcome | undefined, sentence: string][] = [
  [{ kind: "sent" }, "sent"],
  [{ kind: "refused", reason: "413" }, "refused: 413"],
  [{ kind: "later", reason: "503" }, "not now: 503; the worker tries it again"],
  [{ kind: "unknown", reason: "cut" }, "maybe sent: cut"],
  [undefined, "no answer"],
];

for (const [outcome, sentence] of SENTENCES) {
  Deno.test(`push test says "${sentence}"`, () => assert.equal(sentenceOf(outcome), sentence));
}
