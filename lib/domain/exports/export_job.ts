/**
 * The job of an export: what its end stores, and whom it tells.
 *
 * @module
 */

import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Transaction } from "kysely";
import { errorData } from "../../errors/error_data.ts";
import { programModule } from "../../system/program_files.ts";
import { SYSTEM_REALM } from "../database/codes.ts";
import type { JobType } from "../database/job_loop.ts";
import type { PublishWithTransaction } from "../database/outbox.ts";
import type { Tables } from "../database/tables.ts";
import type { TextOf } from "../messages/missed/words.ts";
import { SendError } from "../messages/send/new_message.ts";
import { sendMessage } from "../messages/send/send_message.ts";
import type { Site } from "../users/realm_host.ts";
import type { ExportArgs } from "./export_realm.ts";
import { exportPath } from "./paths.ts";
import { type EndedExport, fail, type MadeExport, publishExports, succeed } from "./states.ts";
import { completeText } from "./words.ts";

/** Seconds that an export may take. */
const MAX_SECONDS = 24 * 60 * 60;
const NOTIFICATION_BOT = "notification-bot@zulip.com";
const ENDED_ELSEWHERE = "The export {exportId} was ended by somebody else: its archive is removed";

const NOT_REMOVED =
  "What was written of the export {exportId} cannot be removed ({reason}): remove " +
  "{folder} with all that is in it";

/** What the end of an export needs. */
export interface ExportEnds {
  readonly site: Site;
  /** A text of the catalogue in a language. */
  readonly text: (language: string, ...args: Parameters<TextOf>) => string;
  readonly log: {
    warn(message: string, properties?: Record<string, unknown>): void;
  };
  /** The folder that {@linkcode spoolFolder} is in. */
  readonly stateDir: string;
  /** Zulip's LOCAL_UPLOADS_DIR. */
  readonly uploadsDir: string | undefined;
  /** @default {Date.now} */
  readonly now?: () => number;
}

/** The folder of an export, for the part that is being made. */
export function spoolFolder(stateDir: string, exportId: number): string {
  return join(stateDir, "exports", String(exportId));
}

/** How exports are made, for `jobLoop`. */
export function exportJob(ends: ExportEnds): JobType {
  const { now = Date.now, site } = ends;
  return {
    module: programModule("workers/_realm_export"),
    maxSeconds: MAX_SECONDS,
    async finish(trx, job, result, publish) {
      const args = job.args as ExportArgs;
      const ended = await succeed(trx, args.exportId, result as MadeExport, new Date(now()));
      if (!ended) {
        ends.log.warn(ENDED_ELSEWHERE, { exportId: args.exportId });
        return await removeArchive(ends, args, (result as MadeExport).realmId);
      }
      await publishExports(trx, publish, ended.realmId, site);
      await notifyRequester(trx, publish, ended, ends);
    },
    async fail(trx, job, _reason, publish) {
      const args = job.args as ExportArgs;
      const ended = await fail(trx, args.exportId, new Date(now()));
      const realmId = ended?.realmId ?? await realmOf(trx, args.exportId);
      if (realmId !== undefined) await removeArchive(ends, args, realmId);
      if (ended) await publishExports(trx, publish, ended.realmId, site);
    },
  };
}

async function realmOf(trx: Transaction<Tables>, exportId: number): Promise<number | undefined> {
  const row = await trx.selectFrom("zerver_realmexport").select("realm_id")
    .where("id", "=", exportId).executeTakeFirst();
  return row?.realm_id;
}

/**
 * Removes what there is of an archive that nobody can find, also of one that is not complete. The
 * export ends also where it cannot be removed.
 */
async function removeArchive(
  { uploadsDir, stateDir, log }: ExportEnds,
  { exportId, token }: ExportArgs,
  realmId: number,
): Promise<void> {
  const { file } = exportPath({ exportId, realm: { id: realmId } }, token);
  const archive = uploadsDir === undefined ? [] : [dirname(join(uploadsDir, file))];
  for (const folder of [spoolFolder(stateDir, exportId), ...archive]) {
    try {
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      log.warn(NOT_REMOVED, { exportId, folder, reason: errorData(error).message });
    }
  }
}

async function notifyRequester(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  { realmId, userId }: EndedExport,
  { site, text, log, now = Date.now }: ExportEnds,
): Promise<void> {
  const user = await trx.selectFrom("zerver_userprofile")
    .select(["id", "default_language as language"])
    .where("id", "=", userId).where("is_active", "=", true).executeTakeFirst();
  const bot = await trx.selectFrom("zerver_userprofile as bot")
    .innerJoin("zerver_realm as realm", "realm.id", "bot.realm_id").select("bot.id")
    .where("realm.string_id", "=", SYSTEM_REALM).where("bot.email", "=", NOTIFICATION_BOT)
    .executeTakeFirst();
  if (!user) return;
  try {
    if (!bot) throw new SendError(`there is no ${NOTIFICATION_BOT}`);
    await sendMessage(trx, {
      senderId: bot.id,
      realmId,
      to: { kind: "direct", userIds: [user.id] },
      content: completeText((...args) => text(user.language, ...args)),
      client: "Internal",
    }, { publish, now: new Date(now()), externalHost: site.externalHost });
  } catch (error) {
    if (!(error instanceof SendError)) throw error;
    log.warn("User {user} got no message that the export is complete: {reason}", {
      ...{ user: user.id, reason: error.message },
    });
  }
}
