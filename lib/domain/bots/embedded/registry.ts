/**
 * The embedded bots of this program, by the names of their services.
 *
 * @module
 */

import type { EmbeddedBot } from "./embedded_bot.ts";
import { followup } from "./followup.ts";
import { helloworld } from "./helloworld.ts";

const BOTS: ReadonlyMap<string, EmbeddedBot> = new Map(Object.entries({ followup, helloworld }));

/** The bot of a service; `undefined` where there is none. */
export function embeddedBot(service: string): EmbeddedBot | undefined {
  return BOTS.get(service);
}
