/**
 * Calls to servers whose addresses users give, as a part of the configuration.
 *
 * @module
 */

import { HTTP } from "./http_settings.ts";
import type { SettingsReader } from "./reader.ts";

/** Calls to servers whose addresses users give. */
export interface HttpConfig {
  readonly proxy: {
    /** For `http:` addresses; may hold a password, so a secret. `undefined`: none. */
    readonly http: string | undefined;
    /** For `https:` addresses. */
    readonly https: string | undefined;
  };
  /** What may be called besides public addresses, separated by commas. @default {""} */
  readonly allowedHosts: string;
  /** A file with certificates (PEM) of further authorities; `undefined`: none. */
  readonly caFile: string | undefined;
}

/** Reads the settings of calls. */
export function readHttp(reader: SettingsReader): HttpConfig {
  return {
    proxy: {
      http: reader.readOptional(HTTP.httpProxy),
      https: reader.readOptional(HTTP.httpsProxy),
    },
    allowedHosts: reader.readOptional(HTTP.allowedHosts) ?? "",
    caFile: reader.readOptional(HTTP.caFile),
  };
}
