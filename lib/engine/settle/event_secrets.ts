/**
 * What is shown of an event whose worker has secrets: in logs, in dead letters, in files of failed
 * events, in Sentry.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { counted } from "../../errors/counted.ts";
import { hiddenError } from "../../errors/error_data.ts";
import { type Hide, HIDE_NOTHING, hiding } from "../../errors/hide.ts";
import { masked, type SecretPaths, secretPaths, secretTexts } from "../../errors/secret_paths.ts";
import { parseJson } from "../../json/parse_json.ts";
import { toJson } from "../../json/to_json.ts";
import { InvalidEvent } from "./invalid_event.ts";
import type { Outcome } from "./outcome.ts";

/** A body, and what a schema has made of it. */
export interface SecretEvent {
  readonly body: string;
  /** @default {nothing} */
  readonly event?: unknown;
}

/** The secrets of a worker's events. */
export class EventSecrets {
  /** The paths of the worker. */
  readonly paths: SecretPaths;

  /** @param paths The paths that the worker declares. */
  constructor(paths: readonly string[]) {
    this.paths = secretPaths(paths);
  }

  /** Whether the worker has none: everything is shown as it is. */
  get areNone(): boolean {
    return this.paths.length === 0;
  }

  /** A function that replaces the secrets of these events; they are looked for when it is called. */
  hideOf(events: readonly SecretEvent[]): Hide {
    if (this.areNone) return HIDE_NOTHING;
    let hide: Hide | undefined;
    return (text) => (hide ??= hiding(events.flatMap((event) => this.#textsOf(event))))(text);
  }

  /** The outcome of an event without its secrets. */
  shownOutcome(outcome: Outcome, body: string): Outcome {
    if (this.areNone || !("error" in outcome)) return outcome;
    return { ...outcome, error: hiddenError(outcome.error, this.hideOf([{ body }])) };
  }

  /**
   * The body without its secrets, as JSON.
   *
   * @param isInvalid It is not an event of the worker's, so that the secrets may be anywhere: only its
   * length is shown.
   */
  shownBody<Body extends string | Uint8Array>(body: Body, isInvalid: boolean): Body | string {
    if (this.areNone) return body;
    return this.maskedBody(body, isInvalid) ?? JSON.stringify(lengthOf(body));
  }

  /** The masked body; `undefined` where it is invalid, or no JSON object. */
  maskedBody(body: string | Uint8Array, isInvalid: boolean): string | undefined {
    if (isInvalid) return undefined;
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true });
      const event = parseJson(typeof body === "string" ? body : decoder.decode(body));
      // A path leads into an object: of anything else it is not known what is secret.
      return isObject(event) ? toJson(masked(event, this.paths)) : undefined;
    } catch {
      return undefined;
    }
  }

  #textsOf({ body, event }: SecretEvent): string[] {
    return [...textsIn(() => parseJson(body), this.paths), ...textsIn(() => event, this.paths)];
  }
}

/** The error of an event that is none of its worker's, with nothing of its body but the length. */
export function bareError(
  { bare = "The body is not an event" }: InvalidEvent,
  body: string,
): Error {
  return new InvalidEvent(`${bare} (${counted(Buffer.byteLength(body), "byte")})`);
}

/** The length of a body, in place of it. */
export function lengthOf(body: string | Uint8Array): string {
  return `[${counted(Buffer.byteLength(body), "byte")}]`;
}

function isObject(event: unknown): boolean {
  return typeof event === "object" && event !== null && !Array.isArray(event);
}

/** An event may be no JSON, nested too deep, or an object of the schema's that throws. */
function textsIn(read: () => unknown, paths: SecretPaths): Set<string> {
  try {
    return secretTexts(read(), paths);
  } catch {
    return new Set();
  }
}
