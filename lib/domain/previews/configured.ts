/**
 * From the settings to what looks up links.
 *
 * @module
 */

import { VERSION } from "../../system/version.ts";
import { httpRules, type HttpSettings } from "../http/configured.ts";
import { SafeHttp } from "../http/safe_fetch.ts";
import { LinkPreviews } from "./previews.ts";
import { Providers, readProviders } from "./providers.ts";

/** The parts of the configuration that previews depend on. */
export interface PreviewSetup {
  readonly http: HttpSettings;
  readonly site: { readonly externalHost: string; readonly scheme: string };
}

/** Looks up links until it is disposed of. */
export class PreviewFinder implements Disposable {
  /** Looks up the links of messages. */
  readonly links: LinkPreviews;
  readonly #http: SafeHttp;

  /**
   * @throws {HttpSettingError} When a file that the settings of calls name cannot be used.
   */
  constructor(config: PreviewSetup) {
    this.#http = new SafeHttp(httpRules(config));
    this.links = new LinkPreviews({
      http: this.#http,
      providers: new Providers(readProviders()),
      userAgent: userAgent(config),
    });
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }
}

/** The name under which pages are read: Zulip's, since some servers know that. */
function userAgent({ site }: PreviewSetup): string {
  const { scheme, externalHost } = site;
  return `Mozilla/5.0 (compatible; ZulipURLPreview/${VERSION}; +${scheme}${externalHost})`;
}
