/**
 * Link previews, as a part of the configuration.
 *
 * @module
 */

import { PREVIEW } from "./preview_settings.ts";
import type { SettingsReader } from "./reader.ts";

/** Link previews. */
export interface PreviewConfig {
  /** @default {true} */
  readonly isEnabled: boolean;
  /** The proxy of images; `undefined`: none. */
  readonly camo: {
    readonly uri: string;
    /** A secret. */
    readonly key: string;
  } | undefined;
}

/** Reads the settings of link previews. */
export function readPreviews(reader: SettingsReader): PreviewConfig {
  const isEnabled = reader.read(PREVIEW.isEnabled);
  const uri = reader.readOptional(PREVIEW.camoUri);
  const key = reader.readOptional(PREVIEW.camoKey);
  if (uri !== undefined && key === undefined) {
    reader.problems.push({
      setting: PREVIEW.camoKey.name,
      wrong: "it is not set, but CAMO_URI is",
      fix: "set it to the key of the proxy, or do not set CAMO_URI",
    });
  }
  const camo = uri === undefined || key === undefined ? undefined : { uri, key };
  return { isEnabled, camo };
}
