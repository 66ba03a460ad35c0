/**
 * What the workers of bots keep open.
 *
 * @module
 */

import type { WorkerContext } from "process-queue/worker";
import { Effects } from "../lib/domain/database/effects.ts";
import type { Database } from "../lib/domain/database/database.ts";
import { authoritiesOf } from "../lib/domain/http/configured.ts";
import { ServiceHttp } from "../lib/domain/http/service_fetch.ts";
import { MessageSender } from "../lib/domain/messages/send/message_sender.ts";
import type { Site } from "../lib/domain/users/realm_host.ts";

/** What of an event is never shown: what people wrote, and their addresses. */
export const SECRETS = [
  "message.content",
  "message.rendered_content",
  "message.subject",
  "message.submessages",
  "message.edit_history",
  "message.sender_delivery_email",
] as const;

/** What both workers of bots keep open. */
export class BotResources implements AsyncDisposable {
  /** Where users and programs reach the server. */
  readonly site: Site;
  readonly sender: MessageSender;
  readonly #ctx: WorkerContext;
  #effects: Effects | undefined;

  /**
   * @param ctx Of the worker's `setup`.
   * @throws {HttpSettingError} When the file of ZULIP_CA_FILE cannot be used.
   */
  constructor(ctx: WorkerContext) {
    const { site } = ctx.config;
    const { zulipCaFile } = site;
    const ca = zulipCaFile && authoritiesOf("ZULIP_CA_FILE", zulipCaFile);
    this.#ctx = ctx;
    this.site = site;
    this.sender = new MessageSender({
      ctx,
      site,
      http: (host) => new ServiceHttp({ name: "Zulip", hosts: [host], ca }),
    });
  }

  /** The records of what was done; made at the first call. */
  effects(db: Database): Effects {
    const { queue, owner, log } = this.#ctx;
    return this.#effects ??= new Effects(db, { queue, owner, log });
  }

  /** Ends calls, and writes the last records. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#effects?.[Symbol.asyncDispose]();
    } finally {
      await this.sender[Symbol.asyncDispose]();
    }
  }
}
