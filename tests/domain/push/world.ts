/**
 * A realm whose users have devices, and runs of the worker of pushes.
 *
 * @module
 */

import { sql } from "kysely";
import { type Database, openDatabase } from "../../../lib/domain/database/database.ts";
import { Effects } from "../../../lib/domain/database/effects.ts";
import type { NewRow } from "../../../lib/domain/database/tables.ts";
import { MailTemplates } from "../../../lib/domain/mail/templates/mail_templates.ts";
import { type AddPush, pushEvent } from "../../../lib/domain/push/push_event.ts";
import type { PushDecision } from "../../../lib/domain/push/push_outcome.ts";
import { PushEnds } from "../../../lib/domain/push/push_ends.ts";
import type { PushRun } from "../../../lib/domain/push/push_run.ts";
import { register } from "../../../lib/domain/push/register.ts";
import { show } from "../../../lib/domain/push/show.ts";
import { takeBack } from "../../../lib/domain/push/take_back.ts";
import { type ConfiguredServices, pushWay } from "../../../lib/domain/push/way.ts";
import { MADE, TestRealm } from "../../fixtures/database/realm.ts";
import { type FakeApns, FakeBouncer, type FakeFcm, FakeService } from "./fake_services.ts";

/** When events are handled, in ms since 1970. */
export const NOW = MADE.getTime() + 1000;

const TEMPLATES = new MailTemplates();
/** 0x31, and 32 bytes. */
export const PUSH_KEY = Uint8Array.from([0x31, ...Array.from({ length: 32 }, (_, at) => at)]);

/** A realm, two users of it, and the push services. */
export class PushWorld {
  readonly db: Database;
  readonly realm: TestRealm;
  readonly ada: number;
  readonly ben: number;
  /** Where messages of the channel kitchen go. */
  readonly kitchen: number;
  readonly apns: FakeApns = new FakeService();
  readonly fcm: FakeFcm = new FakeService();
  readonly bouncer = new FakeBouncer();
  /** The run of the worker. */
  owner = "run";
  /** Whether the broker is unavailable. */
  isBrokerAway = false;
  /** What was published. */
  readonly published: { readonly queue: string; readonly event: unknown }[] = [];
  /** Lines of the log, with their levels. */
  readonly lines: string[] = [];

  private constructor(db: Database, realm: TestRealm, ada: number, ben: number, kitchen: number) {
    this.db = db;
    this.realm = realm;
    this.ada = ada;
    this.ben = ben;
    this.kitchen = kitchen;
  }

  /** Makes a realm `acme`, with Ada and Ben in its channel kitchen. */
  static async make(
    db: Database,
    reader: Partial<NewRow<"zerver_userprofile">> = {},
  ): Promise<PushWorld> {
    const realm = await TestRealm.make(db, "acme");
    const ada = await realm.user("ada", { full_name: "Ada", ...reader });
    const ben = await realm.user("ben", { full_name: "Ben & Co" });
    const { recipient } = await realm.channel("kitchen", [ada, ben]);
    return new PushWorld(db, realm, ada, ben, recipient);
  }

  /** The same realm by another handle of its database. */
  on(db: Database): PushWorld {
    const { realm, ada, ben, kitchen } = this;
    return new PushWorld(db, realm.on(db), ada, ben, kitchen);
  }

  /** Makes a message of Ben in the kitchen, with a row for Ada. */
  async message(
    more: Partial<NewRow<"zerver_message">> = {},
    readers = [this.ada],
  ): Promise<number> {
    const given = { subject: "lunch", content: "Soup?", rendered_content: "<p>Soup?</p>", ...more };
    return await this.realm.message(this.ben, this.kitchen, readers, given);
  }

  /** Gives a user a device with the older registration. */
  async device(kind: "apns" | "fcm", token: string, user = this.ada, appId = "org.zulip.Zulip") {
    await this.db.insertInto("zerver_pushdevicetoken").values({
      ...{ user_id: user, token, kind: kind === "apns" ? 1 : 2, last_updated: MADE },
      ...kind === "apns" && { ios_app_id: appId === "" ? null : appId },
    }).execute();
  }

  /** Gives Ada a device whose pushes are encrypted. */
  async encrypted(more: Partial<NewRow<"zerver_pushdevice">> = {}): Promise<void> {
    await this.db.insertInto("zerver_pushdevice").values({
      ...{ user_id: this.ada, token_kind: "apns", push_account_id: 9_007_199_254_740_993n },
      ...{ push_key: PUSH_KEY, bouncer_device_id: 77, ...more },
    }).execute();
  }

  /** The event that Ada is to be shown a message. */
  add(messageId: number, more: Partial<AddPush> = {}): Record<string, unknown> {
    const { trigger = "stream_push_notify", groupId = null } = more;
    return {
      ...{ user_profile_id: this.ada, message_id: messageId, trigger },
      mentioned_user_group_id: groupId,
    };
  }

  /** Handles an event as the worker does, with Apple's and Google's services unless said. */
  async run(
    event: Record<string, unknown>,
    more: Partial<PushRun> = {},
    services: Partial<ConfiguredServices> = { apns: this.apns, fcm: this.fcm },
  ): Promise<PushDecision> {
    const { now = NOW } = more;
    const { owner } = this;
    await using effects = new Effects(this.db, { queue: "q", owner, now: () => now });
    const way = pushWay({ bouncer: undefined, apns: undefined, fcm: undefined, ...services });
    if (!way) throw new Error("No service is configured");
    const run: PushRun = { ...this.#run(effects), way, now, ...more };
    const parsed = pushEvent.parse(event);
    if (parsed.kind === "add") return await show(parsed, run);
    return parsed.kind === "remove" ? await takeBack(parsed, run) : await register(parsed, run);
  }

  /** Handles an event with the push bouncer. */
  async byBouncer(event: Record<string, unknown>, more: Partial<PushRun> = {}) {
    return await this.run(event, more, { bouncer: this.bouncer });
  }

  #run(effects: Effects): Omit<PushRun, "way" | "now"> {
    const line = (level: string) => (message: string, values: Record<string, unknown> = {}) => {
      const text = message.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name]));
      this.lines.push(`${level}: ${text}`);
    };
    return {
      ...{ db: this.db, effects, ends: new PushEnds(this.db) },
      signal: new AbortController().signal,
      ...{ publishedAt: undefined, begin: { maxSeconds: 60, retriedAt: undefined } },
      maker: {
        ...{ externalHost: "zulip.example", scheme: "https://" },
        ...{ mostMembers: 11, hasReactivationQueue: false, patienceSeconds: 3600, effectsDays: 30 },
        text: (...args) => TEMPLATES.text(...args),
      },
      ctx: {
        log: {
          ...{ debug: line("debug"), info: line("info"), warn: line("warning") },
          error: line("error"),
        },
        publish: (queue, event) => {
          if (this.isBrokerAway) return Promise.reject(new Error("the broker is unavailable"));
          this.published.push({ queue, event });
          return Promise.resolve();
        },
      },
    };
  }

  /** The flags of Ada's rows, by message. */
  async flags(): Promise<number[]> {
    const rows = await this.db.selectFrom("zerver_usermessage").select("flags")
      .where("user_profile_id", "=", this.ada).orderBy("message_id").execute();
    return rows.map(({ flags }) => Number(flags));
  }

  /** Sets the flags of Ada's rows. */
  async setFlags(flags: number): Promise<void> {
    await sql`update zerver_usermessage set flags = ${flags} where user_profile_id = ${this.ada}`
      .execute(this.db);
  }

  /** The tokens that the database has. */
  async tokens(): Promise<string[]> {
    const rows = await this.db.selectFrom("zerver_pushdevicetoken").select("token").orderBy("id")
      .execute();
    return rows.map(({ token }) => token);
  }

  /** How many pushes are counted. */
  async count(): Promise<number> {
    const rows = await this.db.selectFrom("analytics_realmcount").select("value").execute();
    return rows.reduce((sum, { value }) => sum + Number(value), 0);
  }
}

/** Registers a test of what does not depend on the kind of database: it has SQLite, in memory. */
export function sqliteTest(name: string, fn: (db: Database) => Promise<void>): void {
  Deno.test(name, async () => {
    await using db = await openDatabase("sqlite::memory:");
    await fn(db);
  });
}
