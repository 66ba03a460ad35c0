/**
 * From the settings of calls to the rules of {@linkcode SafeHttp}. The file of authorities is read
 * here.
 *
 * @module
 */

import { certificatesIn, settingFile } from "../../system/setting_file.ts";
import { parseAllowList } from "./allow_list.ts";
import type { HttpRules } from "./safe_fetch.ts";

/** The settings of calls, as the configuration has them in `http`. */
export interface HttpSettings {
  /** HTTP_proxy and HTTPS_proxy. */
  readonly proxy: { readonly http: string | undefined; readonly https: string | undefined };
  /** OUTGOING_ALLOWED_HOSTS. */
  readonly allowedHosts: string;
  /** OUTGOING_CA_FILE. */
  readonly caFile: string | undefined;
}

/** The file that a setting of calls names cannot be used. The message names the setting. */
export class HttpSettingError extends Error {
  /** Always `HttpSettingError`. */
  override readonly name = "HttpSettingError";
}

/**
 * What may be called, and how: `new SafeHttp(httpRules(ctx.config))`.
 *
 * @throws {HttpSettingError} When OUTGOING_CA_FILE cannot be read or has no certificate.
 */
export function httpRules({ http }: { readonly http: HttpSettings }): HttpRules {
  const { proxy, allowedHosts, caFile } = http;
  return {
    proxy: { http: urlOf(proxy.http), https: urlOf(proxy.https) },
    allowed: parseAllowList(allowedHosts),
    ca: caFile === undefined ? undefined : authoritiesOf("OUTGOING_CA_FILE", caFile),
  };
}

/**
 * The certificates of a file that a setting names.
 *
 * @throws {HttpSettingError} When it cannot be read or has no valid certificate in PEM format.
 */
export function authoritiesOf(setting: string, path: string): string {
  const text = settingFile(setting, path, HttpSettingError);
  if (certificatesIn(text)) return text;
  throw new HttpSettingError(
    `${setting} is ${path}, which has no valid certificate in PEM format: set it to a file with ` +
      "the certificates of the authorities that are trusted",
  );
}

function urlOf(text: string | undefined): URL | undefined {
  return text === undefined ? undefined : new URL(text);
}
