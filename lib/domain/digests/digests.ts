/**
 * The digests of the users of an event: made, published and recorded in one transaction.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { type KeyedEffect, keysDone, recordKeys } from "../database/effects_within.ts";
import type { PublishWithTransaction } from "../database/outbox.ts";
import { pieces } from "../database/pieces.ts";
import { newRow } from "../database/rows.ts";
import type { Tables } from "../database/tables.ts";
import type { NamedRealm } from "../mail/common_context.ts";
import { mailRealm } from "../users/addressees.ts";
import { realmHost } from "../users/realm_host.ts";
import { DIGEST_MADE } from "./candidates.ts";
import { digestsToTell } from "./content.ts";
import { type Digest, digestMail } from "./digest_mail.ts";
import { lastDigestAfter } from "./due.ts";
import type { DigestMaker } from "./maker.ts";
import { type DigestReader, digestReaders, recentlyTold } from "./readers.ts";
import type { RecentTopics } from "./recent_topics.ts";

/** The queue of the mails: nobody waits for them. */
export const MAIL_QUEUE = "deferred_email_senders";
/** The record of a digest, whose key is {@linkcode digestId}. */
const MAILED: KeyedEffect = { queue: "digest_emails", step: "mail" };

/** The most rows in one statement: SQLite takes 32,766 parameters, and an audit row has a dozen. */
const ROWS = 2_000;

/** An event: users, whose digests begin at one time. */
export interface DigestEvent {
  readonly userIds: readonly number[];
  /** ms since 1970. */
  readonly cutoff: number;
}

/** What digests are made with. */
export interface DigestTools {
  readonly maker: DigestMaker;
  /** What was read for events before. */
  readonly topics: RecentTopics;
  /** The run of the worker: `ctx.owner`. */
  readonly owner: string;
  /** ms since 1970. */
  readonly now: number;
}

/** The outcome for each user of an event; those who get no digests are in no list. */
export interface DigestsMade {
  /** Users whose digests were published. */
  readonly mailed: readonly number[];
  /** Users who have had a digest within 12 hours, or this one before. */
  readonly earlier: readonly number[];
  /** For how many users there is too little to report. */
  readonly quiet: number;
  /** Users whose digests could not be made, and why. */
  readonly failed: readonly { readonly user: number; readonly reason: string }[];
  /** What the log should say of messages. */
  readonly warnings: readonly string[];
}

/** An event that fails however often it is tried. */
export class DigestError extends Error {
  /** Always `DigestError`. */
  override readonly name = "DigestError";
}

/** The id of a digest's mail: the same however often its event comes. */
export function digestId(user: number, { cutoff }: Pick<DigestEvent, "cutoff">): string {
  return `digest:${user}:${Math.floor(cutoff / 1000)}`;
}

/**
 * Publishes the digests of an event's users, with the transaction. A digest that cannot be made
 * blocks no other. The number of statements does not depend on the number of users.
 *
 * @returns `undefined` if none of the users gets digests.
 * @throws {DigestError} When the users are of several realms.
 * @throws {DatabaseError} When the database is lost.
 */
export async function publishDigests(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  event: DigestEvent,
  tools: DigestTools,
): Promise<DigestsMade | undefined> {
  const readers = await digestReaders(trx, event.userIds);
  const [first] = readers;
  if (!first) return undefined;
  const realm = await realmOf(trx, first.realmId, readers, tools.maker);
  const earlier = await mailedBefore(trx, readers, event, tools.now);
  const asked = { realmId: first.realmId, realm, cutoff: event.cutoff, now: tools.now };
  const waiting = readers.filter(({ id }) => !earlier.has(id));
  const digests = waiting.length === 0
    ? []
    : await digestsToTell(trx, waiting, asked, tools.topics);
  const made = publishAll(publish, digests, event, tools.maker);
  await recordAll(trx, made.mailed, first.realmId, event, tools);
  return { ...made, earlier: [...earlier], quiet: waiting.length - digests.length };
}

type Published = Pick<DigestsMade, "mailed" | "failed" | "warnings">;

function publishAll(
  publish: PublishWithTransaction,
  digests: readonly Digest[],
  event: DigestEvent,
  maker: DigestMaker,
): Published {
  const mailed: number[] = [];
  const failed: { user: number; reason: string }[] = [];
  const warnings = new Set<string>();
  for (const digest of digests) {
    const user = digest.reader.id;
    try {
      const mail = digestMail(digest, maker);
      publish(MAIL_QUEUE, mail.event, { id: digestId(user, event) });
      mailed.push(user);
      for (const warning of mail.warnings) warnings.add(warning);
    } catch (error) {
      failed.push({ user, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { mailed, failed, warnings: [...warnings] };
}

/** Writes that digests were made, for this program and for Zulip. */
async function recordAll(
  trx: Transaction<Tables>,
  users: readonly number[],
  realm_id: number,
  event: DigestEvent,
  { owner, now }: DigestTools,
): Promise<void> {
  if (users.length === 0) return;
  const newest = await trx.selectFrom("zerver_message")
    .select(({ fn }) => fn.max("id").as("id")).executeTakeFirst();
  const row = {
    realm_id,
    event_type: DIGEST_MADE,
    event_time: new Date(now),
    event_last_message_id: newest?.id ?? null,
  };
  const rows = users.map((user) =>
    newRow("zerver_realmauditlog", { ...row, modified_user_id: user })
  );
  for (const some of pieces(rows, ROWS)) {
    await trx.insertInto("zerver_realmauditlog").values(some).execute();
  }
  await recordKeys(trx, { ...MAILED, owner, now }, users.map((user) => digestId(user, event)));
}

/** Users who have had a digest lately, by this event or another. */
async function mailedBefore(
  trx: Transaction<Tables>,
  readers: readonly DigestReader[],
  event: DigestEvent,
  now: number,
): Promise<Set<number>> {
  const [{ realmId } = { realmId: 0 }] = readers;
  const users = readers.map(({ id }) => id);
  const recent = await recentlyTold(trx, realmId, users, lastDigestAfter(now));
  const done = await keysDone(trx, MAILED, users.map((user) => digestId(user, event)));
  return new Set(users.filter((user) => recent.has(user) || done.has(digestId(user, event))));
}

async function realmOf(
  trx: Transaction<Tables>,
  id: number,
  readers: readonly DigestReader[],
  { externalHost, scheme }: DigestMaker,
): Promise<NamedRealm> {
  const realms = [...new Set(readers.map(({ realmId }) => realmId))];
  if (realms.length > 1) {
    throw new DigestError(
      `The users of the event are of several realms, ${
        realms.join(", ")
      }: publish an event for each`,
    );
  }
  const realm = await mailRealm(trx, id);
  if (!realm) throw new Error(`The database has no realm ${id}`);
  const realmUrl = `${scheme}${realmHost(realm.stringId, externalHost)}`;
  return { realmName: realm.name, realmUrl, externalHost, scheme };
}
