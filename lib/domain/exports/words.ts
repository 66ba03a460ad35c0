/**
 * The words of messages about exports, in the reader's language. They are in the catalogues of the
 * mails.
 *
 * @module
 */

import type { TextOf } from "../messages/missed/words.ts";

/** Tells who asked for an export that it can be downloaded; Markdown. */
export function completeText(text: TextOf): string {
  return text("export.complete", {});
}
