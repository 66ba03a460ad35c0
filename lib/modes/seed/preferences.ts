/**
 * Whom and which topics the users of a seed mute and follow.
 *
 * @module
 */

import { account, accountsOf, daysAgo, type Seed } from "./organizations.ts";

/** Adds users who are muted. */
export function addMutes(seed: Seed): void {
  const [liam, noah, clara, olga] = accountsOf(seed, "liam noah clara olga");
  for (const [by, muted] of [[liam, noah], [clara, olga]] as const) {
    seed.rows.add("zerver_muteduser", {
      user_profile_id: by?.id ?? 0,
      muted_user_id: muted?.id ?? 0,
      date_muted: daysAgo(seed.now, 50),
    });
  }
}

const MUTED = 1;
const UNMUTED = 2;
const FOLLOWED = 3;

const TOPICS: readonly [key: string, channel: string, topic: string, policy: number][] = [
  ["ada", "engineering", "deploys", FOLLOWED],
  ["ben", "engineering", "flaky tests", MUTED],
  ["kavya", "engineering", "search is slow", FOLLOWED],
  ["clara", "social", "music", UNMUTED],
  ["liam", "general", "lunch", MUTED],
];

/** Adds which topics are muted, unmuted and followed. */
export function addTopics(seed: Seed): void {
  const streams = new Map(seed.rows.of("zerver_stream").map((row) => [row.name, row]));
  for (const [key, channel, topic_name, visibility_policy] of TOPICS) {
    const stream = streams.get(channel);
    seed.rows.add("zerver_usertopic", {
      user_profile_id: account(seed, key).id,
      stream_id: Number(stream?.id),
      recipient_id: Number(stream?.recipient_id),
      topic_name,
      last_updated: daysAgo(seed.now, 9),
      visibility_policy,
    });
  }
}
