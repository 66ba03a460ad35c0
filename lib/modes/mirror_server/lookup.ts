/**
 * What the database knows of an address of the mirror.
 *
 * @module
 */

import type { Database } from "../../domain/database/database.ts";
import { refusalToPost } from "../../domain/messages/send/posting.ts";
import type { MirrorAddress } from "../../domain/mirror/address.ts";
import { channelTarget, replyTarget } from "../../domain/mirror/targets.ts";
import type { Known } from "./recipients.ts";

/**
 * Looks an address up: whether it exists, and whether its sender may post to the channel. Whether
 * the topic may be a new one shows only when the mail is there.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function lookUp(db: Database, { kind, token }: MirrorAddress): Promise<Known> {
  return kind === "reply" ? await lookUpReply(db, token) : await lookUpChannel(db, token);
}

async function lookUpReply(db: Database, token: string): Promise<Known> {
  const target = await replyTarget(db, token);
  return target
    ? { kind: "known", realm: target.realmId }
    : { kind: "unknown", why: "Zulip notification reply address is invalid." };
}

async function lookUpChannel(db: Database, token: string): Promise<Known> {
  const target = await channelTarget(db, token);
  if (!target) return { kind: "unknown", why: "Bad stream token from email recipient" };
  const { realmId: realm, postingId, streamId } = target;
  const why = await refusalToPost(db, postingId, { streamId });
  return why === undefined ? { kind: "known", realm } : { kind: "denied", why };
}
