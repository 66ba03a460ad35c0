/** Servers without a network: answers by address. */

import { HttpError, type HttpFailure } from "../../../lib/domain/http/http_error.ts";
import type { SafeRequest, SafeResponse } from "../../../lib/domain/http/safe_fetch.ts";

/** What an address answers. */
export interface Answer {
  /** @default {200} */
  readonly status?: number;
  /** @default {"text/html"}; `null`: none is said. */
  readonly type?: string | null;
  readonly body?: string;
  /** Where it came from, after redirects. @default {the address} */
  readonly url?: string;
}

/** Answers calls, and keeps them. What it does not know is not found. */
export class FakeWeb {
  readonly calls: { readonly url: string; readonly request: SafeRequest }[] = [];
  readonly #answers: Readonly<Record<string, Answer | HttpFailure | "silent">>;

  /** @param answers By address without what is behind `?`; `silent` never answers. */
  constructor(answers: Readonly<Record<string, Answer | HttpFailure | "silent">>) {
    this.#answers = answers;
  }

  /** The addresses that were called, without what is behind `?`. */
  get called(): string[] {
    return this.calls.map(({ url }) => url.replace(/\?.*/, ""));
  }

  async fetch(url: string, request: SafeRequest): Promise<SafeResponse> {
    this.calls.push({ url, request });
    const answer = this.#answers[url.replace(/\?.*/, "")] ?? { status: 404 };
    if (answer === "silent") await untilAborted(request.signal);
    if (typeof answer === "string") throw new HttpError(answer as HttpFailure, "not called");
    const { status = 200, type = "text/html", body = "" } = answer;
    const headers = type === null ? {} : { "content-type": type };
    const head = { url: answer.url ?? url, status, headers };
    const bytes = new TextEncoder().encode(body);
    if (request.wanted?.(head) === false) return { ...head, body: new Uint8Array(), isCut: true };
    for (let at = 0; at < bytes.length; at += 1000) {
      if (request.onData?.(bytes.slice(at, at + 1000)) === "enough") break;
    }
    return { ...head, body: bytes, isCut: false };
  }
}

async function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  throw new HttpError("aborted", "aborted");
}
