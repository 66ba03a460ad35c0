/** The real program delivers scheduled mails, on the embedded broker. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../lib/domain/database/database.ts";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { takeLock } from "../../lib/system/lock_option.ts";
import { freePort } from "../../scripts/private_server.ts";
import { addPeople } from "../fixtures/mail/people.ts";
import { addScheduled, idsLeft } from "../fixtures/mail/scheduled.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const HANGING = fileURLToPath(new URL("../fixtures/mail/hanging_deliverer.ts", import.meta.url));
const COMMAND = "deliver-scheduled-emails";
const address = "new@people.example";

/** A folder with a database of people, and the program in it. */
class Bench {
  constructor(
    readonly cwd: string,
    readonly db: Database,
    readonly url: string,
    readonly realm_id: number,
  ) {}

  start(args: readonly string[] = [], env: Record<string, string> = {}): Program {
    const all = { DATABASE_URL: this.url, STATE_DIR: `${this.cwd}/state`, ...env };
    return Program.start([COMMAND, ...args], { cwd: this.cwd, env: all });
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], env?: Record<string, string>) {
    await using program = this.start(args, env);
    return { ...await program.end(), log: program.log };
  }

  /** The ids of the events that are in the queue. */
  async published(): Promise<(string | undefined)[]> {
    await using broker = await openSqliteBroker({ stateDir: `${this.cwd}/state` });
    const events = await broker.peek("deferred_email_senders", 100);
    return events.map(({ properties }) => properties.messageId).sort();
  }
}

function benchTest(name: string, fn: (bench: Bench) => Promise<void>): void {
  Deno.test(name, async () => {
    await withFolder(async (cwd) => {
      const url = `sqlite:${cwd}/test.sqlite`;
      await migrateDatabase(url);
      await using db = await openDatabase(url);
      await fn(new Bench(cwd, db, url, (await addPeople(db)).engines));
    });
  });
}

benchTest(
  "of scheduled mails none is lost or doubled when a process is killed before it published",
  async (bench) => {
    const { cwd, db, realm_id, url } = bench;
    const due: number[] = [];
    for (let n = 0; n < 20; n++) due.push(await addScheduled(db, { realm_id, address }));
    const scheduled_timestamp = new Date(Date.now() + 3_600_000);
    const later = await addScheduled(db, { realm_id, address, scheduled_timestamp });
    const expected = due.map((id) => `scheduled:${id}`).sort();
    {
      await using killed = Program.startDeno(["run", "-A", "--quiet", HANGING, url], { cwd });
      await killed.until("it committed", () => killed.stdout.includes("committed"));
      killed.signal("SIGKILL");
      await killed.end();
    }
    const both = await Promise.all([bench.run(["--once"]), bench.run(["--once"])]);
    assert.deepEqual(both.map(({ code }) => code), [0, 0]);
    assert.equal((await bench.published()).length, 10);
    await db.updateTable("process_queue_outbox").set({ at: Date.now() - 60_000 }).execute();
    await using program = bench.start();
    await program.until("the rest is published", async () => {
      return (await bench.published()).length >= 20;
    });
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert.deepEqual(await bench.published(), expected);
    assert.deepEqual(await idsLeft(db), [later]);
    assert.deepEqual(program.log.map(({ message }) => message).slice(-2), [
      `Scheduled mails of the database ${cwd}/test.sqlite are delivered to the queue ` +
      "deferred_email_senders",
      "No more scheduled mails are delivered: the process ends",
    ]);
  },
);

benchTest(
  "deliver-scheduled-emails --once ends with 1 for a mail that cannot be sent, and for a broker that is away",
  async (bench) => {
    const { db, realm_id } = bench;
    const id = await addScheduled(db, { realm_id, address, data: "{" });
    const { code, log } = await bench.run(["--once"]);
    assert.equal(code, 1);
    assert.deepEqual(log.filter(({ level }) => level === "error").map(({ row }) => row), [id]);
    const AMQP_URL = `amqp://127.0.0.1:${freePort()}/`;
    const away = await bench.run(["--once"], { AMQP_URL });
    assert.equal(away.code, 1);
    assert.match(away.stderr.join("\n"), /cannot be reached/);
    assert.deepEqual(await idsLeft(db), [id]);
  },
);

benchTest(
  "deliver-scheduled-emails --once warns of a database that it has just made",
  async (bench) => {
    const file = `${bench.cwd}/new.sqlite`;
    const settings = { BROKER: "embedded", DATABASE_URL: `sqlite:${file}` };
    const { code, log } = await bench.run(["--once"], settings);
    assert.equal(code, 0);
    const warnings = (lines: typeof log) => {
      return lines.flatMap(({ level, message }) => level === "warning" ? [message] : []);
    };
    assert.deepEqual(warnings(log), [
      `The database ${file} did not exist and was made now, so it has no scheduled mails: set ` +
      "DATABASE_URL to the database that Zulip writes them into",
    ]);
    const again = await bench.run(["--once"], settings);
    assert.deepEqual(warnings(again.log), []);
  },
);

benchTest(
  "deliver-scheduled-emails does nothing while another process has the lock",
  async (bench) => {
    const { cwd, db, realm_id } = bench;
    const id = await addScheduled(db, { realm_id, address });
    using _lock = takeLock(`${cwd}/lock`);
    const { code, stdout } = await bench.run(["--once", "--lock", `${cwd}/lock`]);
    assert.equal(code, 0);
    assert.deepEqual(stdout, [`Another process holds ${cwd}/lock: nothing to do`]);
    assert.deepEqual(await idsLeft(db), [id]);
  },
);

benchTest(
  "deliver-scheduled-emails ends in order while it waits for the broker or the database",
  async (bench) => {
    const { db, realm_id } = bench;
    const id = await addScheduled(db, { realm_id, address });
    const port = freePort();
    await using noBroker = bench.start([], { AMQP_URL: `amqp://127.0.0.1:${port}/` });
    await using noDatabase = bench.start([], {
      DATABASE_URL: `postgres://127.0.0.1:${port}/zulip`,
    });
    await noBroker.untilLogged(/cannot be reached/);
    noBroker.signal("SIGTERM");
    await noDatabase.untilLogged(/^Scheduled mails wait for the database, .*cannot be reached/);
    noDatabase.signal("SIGUSR1");
    assert.deepEqual([(await noBroker.end()).code, (await noDatabase.end()).code], [0, 3]);
    assert.deepEqual(await idsLeft(db), [id]);
  },
);
