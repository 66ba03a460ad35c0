/**
 * `process-queue enqueue-digest-emails`: publishes the events of the digests of today.
 *
 * @module
 */

import type { EnqueueDigestsCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { describeDatabase } from "../../domain/database/address.ts";
import { type Database, openDatabase, willBeMade } from "../../domain/database/database.ts";
import { pieces } from "../../domain/database/pieces.ts";
import { candidateRealms, candidateUsers } from "../../domain/digests/candidates.ts";
import {
  cutoffOf,
  lastDigestAfter,
  weekdayOf,
  whyNoDigest,
  whyNoDigests,
} from "../../domain/digests/due.ts";
import { realmHost } from "../../domain/users/realm_host.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { publishEvent } from "../../engine/broker/publish.ts";
import { counted } from "../../errors/counted.ts";
import { toJson } from "../../json/to_json.ts";
import { EXIT } from "../../system/signals.ts";
import type { Services } from "../services.ts";
import { countLines, type ListedRealm, realmLine, userLine, weekdayName } from "./listing.ts";

/** The queue that the events go to. */
export const DIGEST_QUEUE = "digest_emails";
/** Users of one event. */
const CHUNK = 30;

type Used = Pick<Services, "openBroker" | "print" | "warn">;

/**
 * Publishes events with the users who get a digest today, 30 in each; with `--dry-run` prints who
 * gets one, and why others do not, and publishes nothing.
 *
 * @param now ms since 1970; its day in UTC counts.
 * @returns The exit code: 0.
 * @throws {BrokerError} When the broker is unavailable, or an event could not be confirmed.
 * @throws {DatabaseError} When the database cannot be used.
 */
export async function runEnqueueDigests(
  { dryRun }: Pick<EnqueueDigestsCommand, "dryRun">,
  config: Config,
  services: Used,
  now: number = Date.now(),
): Promise<number> {
  if (!config.mail.sendsDigests) {
    services.print("No digests: SEND_DIGEST_EMAILS is false");
    return EXIT.stopped;
  }
  if (willBeMade(config.databaseUrl)) services.warn(newDatabase(config.databaseUrl));
  const db = await openDatabase(config.databaseUrl);
  try {
    if (dryRun) await list(db, config, services, now);
    else await enqueue(db, config, services, now);
    return EXIT.stopped;
  } finally {
    await db.destroy();
  }
}

function newDatabase(url: string): string {
  return `the database ${describeDatabase(url)} did not exist and is made now, so nobody gets a ` +
    "digest: set DATABASE_URL to the database that has the users";
}

async function list(db: Database, config: Config, services: Used, now: number): Promise<void> {
  const print = (line: string) => services.print(line);
  const users = [];
  print(`Digests of ${weekdayName(weekdayOf(now))}, in UTC; nothing is published`);
  for await (const realm of listed(db, config, now)) {
    print(realmLine(realm));
    for (const user of realm.users) print(userLine(user));
    users.push(...realm.users);
  }
  for (const line of countLines(users)) print(line);
}

async function enqueue(db: Database, config: Config, services: Used, now: number): Promise<void> {
  await using opened = new AsyncDisposableStack();
  let broker: Broker | undefined;
  let [users, events] = [0, 0];
  for await (const realm of listed(db, config, now)) {
    if (realm.reason) continue;
    const due = realm.users.filter(({ reason }) => !reason).map(({ id }) => id);
    for (const user_ids of pieces(due, CHUNK)) {
      broker ??= opened.use(await openBroker(config, services));
      const event = { user_ids, cutoff: String(cutoffOf(now) / 1000) };
      await publishEvent(broker, DIGEST_QUEUE, toJson(event));
      users += user_ids.length;
      events++;
    }
    services.print(realmLine(realm));
  }
  const day = weekdayName(weekdayOf(now));
  const sum = `${counted(users, "user")} in ${counted(events, "event")} of ${DIGEST_QUEUE}`;
  services.print(`Digests of ${day}, in UTC: ${sum}`);
}

/** An unavailable broker is an error: cron tries again. */
async function openBroker(config: Config, services: Used): Promise<Broker> {
  const settings = { ...config, broker: { ...config.broker, waitSeconds: 0 } };
  return await services.openBroker(settings, "process-queue enqueue-digest-emails");
}

/** All realms by id, each with its users where it has digests today. */
async function* listed(
  db: Database,
  { site: { externalHost } }: Config,
  now: number,
): AsyncGenerator<ListedRealm> {
  const times = { cutoff: cutoffOf(now), lastDigest: lastDigestAfter(now) };
  for (const realm of await candidateRealms(db)) {
    const reason = whyNoDigests(realm, now);
    const found = reason ? [] : await candidateUsers(db, realm.id, times);
    const users = found.map((user) => ({ id: user.id, reason: whyNoDigest(user) }));
    yield { name: realmHost(realm.stringId, externalHost), realm, reason, users };
  }
}
