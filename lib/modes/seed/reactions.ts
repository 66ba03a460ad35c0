/**
 * The reactions to messages of a seed.
 *
 * @module
 */

import type { Seed } from "./organizations.ts";

/** Adds about 50 reactions, of readers. */
export function addReactions({ rows }: Seed): void {
  for (const [number, row] of rows.of("zerver_usermessage").entries()) {
    if (number % 90 !== 0) continue;
    rows.add("zerver_reaction", {
      user_profile_id: Number(row.user_profile_id),
      message_id: Number(row.message_id),
      emoji_name: "thumbs_up",
      emoji_code: "1f44d",
    });
  }
}
