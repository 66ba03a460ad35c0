/**
 * Which messages people have written themselves. Zulip tells it by the program that sent them: what
 * an integration sends with a person's key does not count.
 *
 * @module
 */

import { type RawBuilder, sql, type SqlBool } from "kysely";

/** Programs in which people write, in lower case: the names of Zulip's apps, new and old. */
const APPS = [
  "website",
  "zulipflutter",
  "zulipmobile",
  "zulipelectron",
  "zulipterminal",
  "zulipandroid",
  "zulipios",
  "zulipdesktop",
  "android",
  "ios",
  "snipe",
];
/** What the name of each version of the desktop app has in it. */
const DESKTOP = "%desktop app%";

/**
 * The condition that a message is by a person.
 *
 * @param name The column with the name of its client: `client.name`.
 */
export function isByPerson(name: string): RawBuilder<SqlBool> {
  const folded = sql`lower(${sql.ref(name)})`;
  return sql<SqlBool>`(${folded} in (${sql.join(APPS)}) or ${folded} like ${DESKTOP})`;
}
