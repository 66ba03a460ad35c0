/**
 * What happened to the mails and the activities, and whether anything is lost or was done twice.
 * Everything here is pure.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** An event whose publish was confirmed, or may have been stored. */
export interface Published {
  /** The addresses of a mail with spaces between them, or the query of an activity. */
  readonly name: string;
  readonly queue: "email_senders" | "user_activity";
  readonly hasId: boolean;
  readonly isConfirmed: boolean;
}

/** A mail that the SMTP server got. */
export interface Got {
  readonly recipient: string;
  /** The part of its `Message-ID` before the `@`. */
  readonly messageId: string;
}

/** An event in a queue. */
export interface Left {
  readonly name: string;
}

/** An event in a queue of failed events. */
export interface FailedEvent extends Left {
  /** Why, by its headers; undefined without one. */
  readonly reason: string | undefined;
}

/** A record that a mail was sent. */
export interface SentRecord {
  /** The event's id. */
  readonly key: string;
  /** The SHA-256 of the recipient. */
  readonly step: string;
}

/** Everything that the verdict is made from. */
export interface MailEvidence {
  readonly published: readonly Published[];
  readonly got: readonly Got[];
  readonly failed: readonly FailedEvent[];
  readonly waiting: readonly Left[];
  /** The ids of the events of which a log says `maybe sent`, or that the suite put back as such. */
  readonly maybeSent: ReadonlySet<string>;
  /** The counts of the activities by their queries. */
  readonly counts: ReadonlyMap<string, number>;
  readonly records: readonly SentRecord[];
}

/** What happened. */
export interface MailVerdict {
  readonly published: number;
  /** Mails to one recipient, each time that one came. */
  readonly received: number;
  /** Mails that came before, with the same `Message-ID`: those that `maybe sent` explains, and others. */
  readonly twice: { readonly explained: number; readonly unexplained: readonly string[] };
  /** Mails of events without an id that came before. Nothing is promised of them. */
  readonly anonymousTwice: number;
  readonly failed: number;
  /** How many failed by their reasons. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly withoutReason: readonly string[];
  readonly waiting: readonly string[];
  /** Mails that are nowhere, activities that are not counted, mails recorded as sent that never came. */
  readonly lost: readonly string[];
  /** Activities with ids that were counted twice. */
  readonly countedTwice: readonly string[];
}

/** The first part of the `Message-ID` that the mails of an event have. @param id The event's id. */
export function messageIdOf(id: string): string {
  return sha256(id).slice(0, 32);
}

/** Makes the verdict. */
export function verdictOf(evidence: MailEvidence): MailVerdict {
  const { published, got, failed, waiting } = evidence;
  const confirmed = published.filter(({ isConfirmed }) => isConfirmed);
  const activities = activitiesOf(evidence);
  return {
    published: confirmed.length,
    received: got.length,
    ...twiceOf(evidence),
    failed: failed.length,
    reasons: countsOf(failed.flatMap(({ reason }) => reason ?? [])),
    withoutReason: failed.filter(({ reason }) => !reason).map(({ name }) => name),
    waiting: waiting.map(({ name }) => name),
    lost: [...lostMails(evidence), ...activities.lost, ...recordedOnly(evidence)],
    countedTwice: activities.twice,
  };
}

function lostMails({ published, got, failed, waiting }: MailEvidence): string[] {
  const there = new Set(got.map(({ recipient }) => recipient));
  const left = new Set([...failed, ...waiting].map(({ name }) => name));
  return published.filter(({ queue, isConfirmed }) => queue === "email_senders" && isConfirmed)
    .filter(({ name }) => !left.has(name))
    .flatMap(({ name }) => name.split(" ").filter((address) => !there.has(address)));
}

/** Recorded as sent, and never received. */
function recordedOnly({ records, got }: MailEvidence): string[] {
  const there = new Set(got.map(({ recipient, messageId }) => `${messageId} ${sha256(recipient)}`));
  return records.filter(({ key, step }) => !there.has(`${messageIdOf(key)} ${step}`))
    .map(({ key }) => `recorded as sent, and not received: ${key}`);
}

/** How often each mail came again. */
function twiceOf({ got, maybeSent, published }: MailEvidence) {
  const explaining = new Set([...maybeSent].map(messageIdOf));
  const hasId = new Map(
    published.flatMap((event) => event.name.split(" ").map((name) => [name, event.hasId] as const)),
  );
  const again: Got[] = [];
  let anonymousTwice = 0;
  for (const [recipient, mails] of Map.groupBy(got, ({ recipient }) => recipient)) {
    const first = new Set<string>();
    for (const mail of mails) {
      if (first.has(mail.messageId)) again.push(mail);
      else if (first.size > 0 && hasId.get(recipient)) again.push(mail);
      else if (first.size > 0) anonymousTwice++;
      first.add(mail.messageId);
    }
  }
  const unexplained = again.filter(({ messageId }) => !explaining.has(messageId));
  return {
    twice: {
      explained: again.length - unexplained.length,
      unexplained: unexplained.map(({ recipient }) => recipient),
    },
    anonymousTwice,
  };
}

/** An activity with an id counts once; one without counts once for each time that it came. */
function activitiesOf({ published, failed, waiting, counts }: MailEvidence) {
  const left = countsOf([...failed, ...waiting].map(({ name }) => name));
  const all = published.filter(({ queue }) => queue === "user_activity");
  const lost: string[] = [];
  const twice: string[] = [];
  for (const [name, events] of Map.groupBy(all, ({ name }) => name)) {
    const confirmed = events.filter(({ isConfirmed }) => isConfirmed).length;
    const count = counts.get(name) ?? 0;
    const text = `${name}: counted ${count} times, published ${confirmed} times`;
    if (count < confirmed - (left[name] ?? 0)) lost.push(text);
    if (count > events.length && events.every(({ hasId }) => hasId)) twice.push(text);
  }
  return { lost, twice };
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
