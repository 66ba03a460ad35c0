/**
 * The embedded bot `helloworld`: says that it is there.
 *
 * @module
 */

import type { EmbeddedBot } from "./embedded_bot.ts";

/** Answers `beep boop` to everything. */
export const helloworld: EmbeddedBot = {
  async handle(_message, client) {
    await client.sendReply("beep boop");
  },
};
