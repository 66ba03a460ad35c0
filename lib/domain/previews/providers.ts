/**
 * The oEmbed providers that are known, and the links that each of them knows.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { programFile } from "../../system/program_files.ts";
import { MOST_HEIGHT, MOST_WIDTH } from "./oembed.ts";
import { previewableUrl } from "./link.ts";

/** A provider. */
export interface Provider {
  readonly name: string;
  /** Where it is asked. */
  readonly endpoint: string;
  /**
   * The links that it knows, as `https://*.example.com/video/*`, which stands for `http:` as well.
   * `*.` before a host is any subdomain, or none; another `*` is any text.
   */
  readonly schemes: readonly string[];
}

interface Compiled {
  readonly endpoint: string;
  readonly patterns: readonly RegExp[];
}

/** Finds the provider of a link. */
export class Providers {
  /** By the last two parts of their hosts, so that few patterns are tried. */
  readonly #byDomain = new Map<string, Compiled[]>();

  /** @throws {TypeError} When a scheme has not its form. */
  constructor(providers: readonly Provider[]) {
    for (const { endpoint, schemes } of providers) {
      for (const [domain, some] of Map.groupBy(schemes, domainOfScheme)) {
        const others = this.#byDomain.get(domain) ?? [];
        this.#byDomain.set(domain, [...others, { endpoint, patterns: some.map(patternOf) }]);
      }
    }
  }

  /** The address that says in JSON what a link is; `undefined` where no provider knows it. */
  request(link: string): string | undefined {
    const url = previewableUrl(link);
    if (!url || url.port !== "") return undefined;
    const text = `${url.hostname}${url.pathname}${url.search}`;
    const found = this.#byDomain.get(domainOf(url.hostname))
      ?.find(({ patterns }) => patterns.some((pattern) => pattern.test(text)));
    if (!found) return undefined;
    const request = new URL(found.endpoint);
    request.searchParams.set("url", link);
    request.searchParams.set("format", "json");
    request.searchParams.set("maxwidth", String(MOST_WIDTH));
    request.searchParams.set("maxheight", String(MOST_HEIGHT));
    return request.href;
  }
}

/** Reads the list that comes with the program. */
export function readProviders(): Provider[] {
  const file = programFile("lib/domain/previews/oembed_providers.json");
  return JSON.parse(readFileSync(file, "utf8"));
}

const SCHEME = /^https:\/\/(\*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(\/\S*)$/;

function partsOf(scheme: string): { any: boolean; host: string; path: string } {
  const [, any, host, path] = SCHEME.exec(scheme) ?? [];
  if (host !== undefined && path !== undefined) return { any: any !== undefined, host, path };
  throw new TypeError(
    `The scheme of an oEmbed provider is ${scheme}: it must be as https://*.example.com/video/*`,
  );
}

function domainOfScheme(scheme: string): string {
  return domainOf(partsOf(scheme).host);
}

function domainOf(host: string): string {
  return host.split(".").slice(-2).join(".");
}

function patternOf(scheme: string): RegExp {
  const { any, host, path } = partsOf(scheme);
  const before = any ? "(?:[a-z0-9-]+\\.)*" : "";
  const after = path.split("*").map((part) => RegExp.escape(part)).join(".*");
  return new RegExp(`^${before}${RegExp.escape(host)}${after}$`);
}
