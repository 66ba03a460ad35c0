/**
 * What is shown of dead letters: all of them, or what their worker does not call secret, or only
 * types and lengths where the worker is not known.
 *
 * @module
 */

import { dirname } from "node:path";
import type { Config } from "../../config/config.ts";
import type { EventProperties, StoredEvent } from "../../engine/broker/broker.ts";
import { HEADER } from "../../engine/broker/headers.ts";
import { EventSecrets, lengthOf } from "../../engine/settle/event_secrets.ts";
import type { Hide } from "../../errors/hide.ts";
import { shapeOf } from "../../errors/shape.ts";
import { parseJson } from "../../json/parse_json.ts";
import { mayLoad } from "../folders.ts";
import type { KnownQueue, Services } from "../services.ts";

/** A dead letter, as it may be shown. */
export interface ShownEvent {
  /** Bytes of the body. */
  readonly bytes: number;
  readonly properties: EventProperties;
  /** The body as text; bytes that are no text as base64. */
  readonly body: { readonly body: string } | { readonly body_base64: string };
}

/** Makes what may be shown of a dead letter. */
export type View = (event: StoredEvent) => ShownEvent;

/**
 * The view of a queue's dead letters. The worker is loaded as by `check-config`, and not set up.
 *
 * @param queue The queue's worker; `undefined` where it has none here.
 */
export async function viewOf(
  queue: KnownQueue | undefined,
  config: Config,
  services: Pick<Services, "tryWorker" | "warn">,
): Promise<View> {
  if (!queue) return shape;
  const { problem, secrets } = mayLoad(config, queue.file)
    ? await services.tryWorker(queue, config)
    : { problem: `others may write ${dirname(queue.file)}: see check-config`, secrets: [] };
  if (problem === undefined) return secretsView(new EventSecrets(secrets));
  services.warn(`only types and lengths are shown, as the worker is not loaded: ${problem}`);
  return shape;
}

/** Shows the event without the secrets of its worker. */
export function secretsView(secrets: EventSecrets): View {
  return (event) => {
    const { body, properties } = event;
    const text = textOf(body);
    const shown = { bytes: body.length, properties, body: bodyFields(body, text) };
    if (secrets.areNone) return shown;
    const isInvalid = properties.headers?.[HEADER.reason] === "invalid";
    const hide = secrets.hideOf([{ body: text ?? "" }]);
    return {
      ...shown,
      properties: hidden(properties, hide) as EventProperties,
      body: { body: secrets.maskedBody(text ?? body, isInvalid) ?? lengthOf(body) },
    };
  };
}

/** Shows only the types and lengths of the event. */
export const shape: View = ({ body, properties }) => {
  const text = textOf(body);
  return { bytes: body.length, properties, body: { body: shapeOfText(text) ?? lengthOf(body) } };
};

function shapeOfText(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : shapeOf(parseJson(text));
  } catch {
    return undefined;
  }
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

function bodyFields(body: Uint8Array, text: string | undefined): ShownEvent["body"] {
  return text === undefined ? { body_base64: new Uint8Array(body).toBase64() } : { body: text };
}

/** Headers may have values of any type; only texts can quote a secret. */
function hidden(value: unknown, hide: Hide): unknown {
  if (typeof value === "string") return hide(value);
  if (Array.isArray(value)) return value.map((each) => hidden(each, hide));
  if (Object.prototype.toString.call(value) !== "[object Object]") return value;
  const entries = Object.entries(value as object);
  return Object.fromEntries(entries.map(([name, each]) => [name, hidden(each, hide)]));
}
