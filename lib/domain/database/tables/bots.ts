/**
 * What bots call, keep and are configured with.
 *
 * @module
 */

import { id, positiveSmallint, text, to, varchar } from "./column.ts";
import { table } from "./table.ts";

/** The service that a bot calls. */
export const service = table("zerver_service", {
  id: id(),
  name: varchar(100),
  user_profile_id: to("zerver_userprofile"),
  base_url: text(),
  token: text(),
  /** 1 generic, 2 Slack. */
  interface: positiveSmallint({ standard: 1 }),
});

const VALUES = {
  id: id(),
  bot_profile_id: to("zerver_userprofile"),
  key: text({ index: true }),
  value: text(),
};

/** What a bot keeps. */
export const botStorageData = table("zerver_botstoragedata", VALUES, {
  unique: [["bot_profile_id", "key"]],
});

/** What a bot is configured with. */
export const botConfigData = table("zerver_botconfigdata", VALUES, {
  unique: [["bot_profile_id", "key"]],
});
