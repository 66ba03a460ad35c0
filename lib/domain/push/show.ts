/**
 * Shows a user a message that the user has missed.
 *
 * @module
 */

import { withOutbox } from "../database/outbox.ts";
import { bringsBack, reasonsOf } from "../messages/missed/reasons.ts";
import { softReactivation } from "../messages/soft_reactivation.ts";
import { type MentionedGroup, smallestGroup } from "../users/groups.ts";
import { type Claimed, claimMessage } from "./claimed_message.ts";
import { messageContents } from "./contents.ts";
import { type MessageFacts, type Nothing, unreachable } from "./deciding.ts";
import { type Devices, devicesOf } from "./devices.ts";
import type { AddPush } from "./push_event.ts";
import type { PushDecision } from "./push_outcome.ts";
import {
  beginAt,
  busy,
  deliver,
  logNothing,
  type PushRun,
  realmOf,
  type Target,
  textOf,
} from "./push_run.ts";
import { pushReader } from "./reader.ts";
import { endUnpushed } from "./recorded_push.ts";
import { shownMessage } from "./shown_message.ts";

/**
 * Shows a message on a user's devices, each once, however often its event comes.
 *
 * @throws {DatabaseError} When the database is lost.
 * @throws The signal's reason when it is aborted.
 */
export async function show(event: AddPush, run: PushRun): Promise<PushDecision> {
  const { db, effects, now } = run;
  const { userId: user, messageId: message } = event;
  const reader = await pushReader(db, user);
  const none = unreachable(reader);
  if (!reader || none) return none ? logNothing(run, none, { user, message }) : { kind: "done" };
  const registered = await devicesOf(db, user);
  const target = await beginAt(run, `add ${user} ${message}`, reader, registered);
  const waits = busy(target, now);
  if (waits) return waits;
  const group = await groupOf(event, run);
  const claimed = await claim(event, run, target, group);
  if (claimed.kind === "nothing") {
    await endUnpushed(effects, target.begun);
    return logNothing(run, claimed, { user, message });
  }
  logMissing(run, user, registered);
  const text = textOf(run, reader);
  const shown = {
    ...event,
    reader,
    realm: realmOf(run, reader),
    ...{ message: claimed.message, group, text },
  };
  const contents = messageContents(await shownMessage(db, shown), text);
  return await deliver(run, target, contents, claimed.until);
}

/** The group that was mentioned; `undefined` if there is none, or it was deleted. */
async function groupOf(
  { trigger, groupId }: AddPush,
  { db }: PushRun,
): Promise<MentionedGroup | undefined> {
  if (trigger !== "mentioned" || groupId === null) return undefined;
  return await smallestGroup(db, [groupId]);
}

/** Decides. A user who was away for long gets the messages of that time now, if this one is for few. */
async function claim(
  event: AddPush,
  run: PushRun,
  { reader, begun }: Target,
  group: MentionedGroup | undefined,
): Promise<Claimed | Nothing> {
  const { publishedAt, begin: { retriedAt }, now, maker } = run;
  const attempt = attemptOf(begun.event, retriedAt);
  return await withOutbox(run.db, run.ctx, async (trx, publish) => {
    const claimed = await claimMessage(trx, {
      ...{ userId: reader.id, messageId: event.messageId, isIdle: reader.isIdle },
      ...{ publishedAt, retriedAt, now, attempt },
      patienceSeconds: maker.patienceSeconds,
    });
    if (claimed.kind === "show" && attempt === "first") {
      const isDirect = claimed.message.destination !== "channel";
      const returns = bringsBack({
        ...{ isIdle: reader.isIdle, isDirect, reasons: reasonsOf([event]) },
        ...{ groupMembers: group?.members, mostMembers: maker.mostMembers },
      });
      if (returns) publish(...softReactivation(reader.id, maker.hasReactivationQueue));
    }
    return claimed;
  });
}

/** Whether a run of ours has shown the message before. */
function attemptOf(
  event: Target["begun"]["event"],
  retriedAt: number | undefined,
): MessageFacts["attempt"] {
  if (event === "run") return retriedAt === undefined ? "first" : "unknown";
  return event === "again" ? "unknown" : "again";
}

/** As Zulip does. */
function logMissing({ ctx }: PushRun, user: number, { legacy, encrypted }: Devices): void {
  const line =
    "Skipping {kind} push notifications for user {user} because there are no registered " +
    "devices";
  if (legacy.length === 0) ctx.log.info(line, { kind: "legacy", user });
  if (encrypted.length === 0) ctx.log.info(line, { kind: "E2EE", user });
}
