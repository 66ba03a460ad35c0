/**
 * Looks for the preview of one link: by its oEmbed provider, else on the page itself.
 *
 * @module
 */

import type { SafeHttp, SafeRequest, SafeResponse } from "../http/safe_fetch.ts";
import { HttpError } from "../http/http_error.ts";
import { type OembedAnswer, readOembed } from "./oembed.ts";
import { MOST_BYTES, PageReader } from "./page.ts";
import type { PageFacts } from "./page_facts.ts";
import { previewableUrl } from "./link.ts";
import { imageUrl, type LinkPreview, type Looked, type PreviewTexts } from "./preview.ts";
import type { Providers } from "./providers.ts";

/** How long one request may take with its redirects, in ms. */
const REQUEST_MS = 15_000;
/** The most bytes of an oEmbed provider's answer. */
const OEMBED_BYTES = 256 * 1024;

/** What links are looked up with. */
export interface LookupOptions {
  /** The door for addresses that users give. */
  readonly http: Pick<SafeHttp, "fetch">;
  readonly providers: Pick<Providers, "request">;
  /** The `User-Agent`. */
  readonly userAgent: string;
}

/** Learns why a request failed; the text names hosts, and nothing else of a link. */
export type OnFailed = (why: string) => void;

/**
 * Looks for the preview of a link. A link that an oEmbed provider knows as photo or video costs one
 * request, one that it knows otherwise two, any other link one.
 *
 * @param onFailed Learns of each request that got no answer, or one that may soon be another.
 * @returns Never rejects but when it is aborted.
 * @throws What the signal was aborted with.
 */
export async function lookUp(
  link: string,
  options: LookupOptions,
  signal: AbortSignal,
  onFailed: OnFailed = () => {},
): Promise<Looked> {
  if (!previewableUrl(link)) return "nothing";
  const requests = { ...options, onFailed };
  const known = await askProvider(link, requests, signal);
  if (known && known.kind !== "texts") return known;
  const page = await readPage(link, requests, signal);
  return typeof page === "string" ? page : pagePreview(known ?? {}, page.facts, page.url);
}

interface Requests extends LookupOptions {
  readonly onFailed: OnFailed;
}

/** The preview of a page. @param first Texts that come before those of the page. */
export function pagePreview(first: PreviewTexts, facts: PageFacts, url: string): LinkPreview {
  return {
    kind: "page",
    title: first.title ?? facts.title,
    description: first.description ?? facts.description,
    image: imageUrl(facts.image, url),
  };
}

async function askProvider(
  link: string,
  options: Requests,
  signal: AbortSignal,
): Promise<OembedAnswer | undefined> {
  const request = options.providers.request(link);
  if (request === undefined) return undefined;
  const answer = await fetched(request, options, signal, { maxBytes: OEMBED_BYTES });
  if (answer?.status !== 200) return undefined;
  return readOembed(new TextDecoder().decode(answer.body), link);
}

async function readPage(
  link: string,
  options: Requests,
  signal: AbortSignal,
): Promise<"nothing" | "failed" | { readonly facts: PageFacts; readonly url: string }> {
  let reader: PageReader | undefined;
  const answer = await fetched(link, options, signal, {
    maxBytes: MOST_BYTES,
    onTooLarge: "cut",
    wanted({ status, headers }) {
      const type = headers["content-type"];
      reader = status >= 200 && status <= 299 && isHtml(type) ? new PageReader(type) : undefined;
      return reader !== undefined;
    },
    onData: (piece) => reader?.write(piece) ?? "enough",
  });
  if (!answer) return "failed";
  if (mayChange(answer.status)) {
    options.onFailed(`the server answers ${answer.status}`);
    return "failed";
  }
  const facts = reader?.end();
  return facts ? { facts, url: answer.url } : "nothing";
}

/** @returns `undefined` where there is no answer. @throws What the signal was aborted with. */
async function fetched(
  url: string,
  { http, userAgent, onFailed }: Requests,
  signal: AbortSignal,
  request: Partial<SafeRequest> & Pick<SafeRequest, "maxBytes">,
): Promise<SafeResponse | undefined> {
  const headers = { "User-Agent": userAgent, "Accept-Language": "en" };
  try {
    return await http.fetch(url, {
      ...{ headers, role: "preview", timeoutMs: REQUEST_MS, signal },
      ...request,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HttpError)) throw error;
    onFailed(error.message);
    return undefined;
  }
}

/** A page that says nothing of its type may be HTML. */
function isHtml(contentType: string | undefined): boolean {
  return contentType === undefined || /^\s*(text\/html|$)/i.test(contentType);
}

/** Whether a server may answer otherwise soon. */
function mayChange(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}
