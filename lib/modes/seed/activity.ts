/**
 * When the users of a seed were active.
 *
 * @module
 */

import { account, daysAgo, MINUTE_DAYS, type Seed } from "./organizations.ts";

/** How many days ago users were active last; who is not here never was. */
const LAST_ACTIVE: Readonly<Record<string, number>> = {
  ada: MINUTE_DAYS,
  ben: 2 * MINUTE_DAYS,
  clara: 10 * MINUTE_DAYS,
  daniel: 0.1,
  emi: 6,
  farid: 1,
  grace: 40,
  hugo: 0.5,
  ines: 2,
  kavya: 7,
  liam: MINUTE_DAYS,
  mona: 60,
  quinn: MINUTE_DAYS,
  tove: 3,
};

/** Adds when the users were active last. */
export function addPresence(seed: Seed): void {
  const { rows, now } = seed;
  for (const [number, [key, days]] of Object.entries(LAST_ACTIVE).entries()) {
    const { id, realmId } = account(seed, key);
    rows.add("zerver_userpresence", {
      user_profile_id: id,
      realm_id: realmId,
      last_update_id: number + 1,
      last_connected_time: daysAgo(now, days / 2),
      last_active_time: daysAgo(now, days),
    });
    const sequence = rows.of("zerver_presencesequence").find((row) => row.realm_id === realmId);
    rows.change("zerver_presencesequence", Number(sequence?.id), { last_update_id: number + 1 });
  }
}

/** Adds the time of each until then: who was not active for 5 days gets a digest. */
export function addIntervals(seed: Seed): void {
  const { rows, now } = seed;
  for (const [key, days] of Object.entries(LAST_ACTIVE)) {
    rows.add("zerver_useractivityinterval", {
      user_profile_id: account(seed, key).id,
      start: daysAgo(now, days + 20 * MINUTE_DAYS),
      end: daysAgo(now, days),
    });
  }
}
