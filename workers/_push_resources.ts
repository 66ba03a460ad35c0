/**
 * What the worker of pushes keeps open: connections to the services, records, texts.
 *
 * @module
 */

import type { Context, WorkerContext } from "process-queue/worker";
import { Effects } from "../lib/domain/database/effects.ts";
import { MailTemplates } from "../lib/domain/mail/templates/mail_templates.ts";
import { openPushServices, type PushServices } from "../lib/domain/push/configured.ts";
import { PushEnds } from "../lib/domain/push/push_ends.ts";
import type { PushMaker, PushRun } from "../lib/domain/push/push_run.ts";
import { initializeRealms } from "../lib/domain/push/realm_push.ts";
import { type PushWay, pushWay } from "../lib/domain/push/way.ts";

type Config = WorkerContext["config"];

/** The queue of all shards, whose records they share. */
const QUEUE = "missedmessage_mobile_notifications";
/** Seconds between two looks at what realms say of pushes. */
const REALMS_SECONDS = 3600;

/** Connections, records and texts. */
export class PushResources implements AsyncDisposable {
  /** `undefined` where no service is configured. */
  readonly way: PushWay | undefined;
  readonly #maker: PushMaker;
  readonly #services: PushServices;
  #effects: Effects | undefined;
  #ends: PushEnds | undefined;

  /** @throws {PushSettingError} When a file of the settings cannot be used. */
  constructor(config: Config) {
    const templates = new MailTemplates(config.mail.templatesDir);
    this.#services = openPushServices(config.push);
    this.way = pushWay(this.#services);
    this.#maker = {
      externalHost: config.site.externalHost,
      scheme: config.site.scheme,
      mostMembers: config.mail.reactivationGroupSize,
      hasReactivationQueue: config.mail.hasReactivationQueue,
      patienceSeconds: config.push.patienceSeconds,
      effectsDays: config.effectsDays,
      text: (...args) => templates.text(...args),
    };
  }

  /**
   * What an event is handled with; `undefined` where no service is configured.
   *
   * @param seconds How long a run may take, where no setting says it.
   * @throws {DatabaseError} When the database cannot be reached.
   */
  async run(ctx: Context, seconds: number): Promise<PushRun | undefined> {
    const { way } = this;
    if (!way) return undefined;
    const db = await ctx.database();
    const { config, event: { publishedAt, retriedAt }, signal, owner, log } = ctx;
    const longest = config.queues.get(QUEUE)?.maxConsumeSeconds ?? seconds;
    return {
      ...{ db, way, signal, publishedAt, ctx },
      effects: this.#effects ??= new Effects(db, { queue: QUEUE, owner, log }),
      ends: this.#ends ??= new PushEnds(db),
      maker: this.#maker,
      begin: { maxSeconds: longest + config.abortGraceSeconds, retriedAt },
      now: Date.now(),
    };
  }

  /** Ends the connections, and writes the last records. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#services[Symbol.asyncDispose]();
    await this.#effects?.[Symbol.asyncDispose]();
  }
}

const NOT_CONFIGURED = "Mobile push notifications are not configured: set " +
  "ZULIP_SERVICE_PUSH_NOTIFICATIONS, or the settings of APNs and FCM. Until then events are done " +
  "without a push";

/** Lets realms say that they push, where they do. */
export function realmsLoop(
  ctx: WorkerContext,
  { way }: PushResources,
): Parameters<WorkerContext["loop"]>[0] {
  if (!way) ctx.log.warn(NOT_CONFIGURED);
  return {
    name: "realms",
    everySeconds: REALMS_SECONDS,
    maxSeconds: 60,
    async run() {
      const pushes = way?.bouncer ? undefined : way !== undefined;
      const count = await initializeRealms(await ctx.database(), pushes);
      if (count > 0) {
        ctx.log.info("Pushes are {state} now for organizations: {count}", {
          ...{ count, state: pushes ? "on" : "off" },
        });
      }
      return false;
    },
  };
}
