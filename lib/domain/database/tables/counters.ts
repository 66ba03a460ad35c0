/**
 * Counts by hour and by day, for the pages of statistics.
 *
 * @module
 */

import { bigint, id, time, to, varchar } from "./column.ts";
import { table } from "./table.ts";

const COUNT = {
  id: id(),
  property: varchar(32),
  subgroup: varchar(16, { nullable: true }),
  /** The end of the hour or the day, in UTC. */
  end_time: time(),
  value: bigint(),
};

/** A row is unique with its subgroup, or without one. */
function once(name: string, key: string) {
  return {
    indexes: [
      {
        name: `unique_${name}_count`,
        on: `${key}property, subgroup, end_time`,
        where: "subgroup is not null",
        unique: true,
      },
      {
        name: `unique_${name}_count_null_subgroup`,
        on: `${key}property, end_time`,
        where: "subgroup is null",
        unique: true,
      },
    ],
  } as const;
}

/** Counts of the server. */
export const installationCount = table(
  "analytics_installationcount",
  COUNT,
  once("installation", ""),
);

/** Counts of a realm. */
export const realmCount = table(
  "analytics_realmcount",
  { ...COUNT, realm_id: to("zerver_realm") },
  once("realm", "realm_id, "),
);

/** Counts of a user. */
export const userCount = table(
  "analytics_usercount",
  { ...COUNT, user_id: to("zerver_userprofile"), realm_id: to("zerver_realm") },
  once("user", "user_id, "),
);

/** Counts of a channel. */
export const streamCount = table(
  "analytics_streamcount",
  { ...COUNT, stream_id: to("zerver_stream"), realm_id: to("zerver_realm") },
  once("stream", "stream_id, "),
);
