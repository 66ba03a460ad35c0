/**
 * What a client asks for when it registers a queue.
 *
 * @module
 */

import { z } from "zod";
import { CAPABILITIES, capabilitiesOf, type Capability } from "../client.ts";
import { type Narrow, readNarrow } from "../narrow.ts";
import { idleTimeoutSeconds } from "../queue_expiry.ts";

/** What a client asks for. */
export interface Registration {
  /** The types of events; null for all. */
  readonly eventTypes: readonly string[] | null;
  /** The parts of the state that the answer has; null for all. */
  readonly fetchTypes: readonly string[] | null;
  /** @default {false} */
  readonly applyMarkdown: boolean;
  /** @default {true} */
  readonly clientGravatar: boolean;
  /** Whether messages of all public channels are wanted. @default {false} */
  readonly allPublicStreams: boolean;
  /** Whether channels come with their subscribers. @default {false} */
  readonly includeSubscribers: boolean;
  readonly narrow: Narrow;
  readonly capabilities: ReadonlySet<Capability>;
  /** Whether null stands for a setting of a channel that is as the user's. @default {false} */
  readonly knowsNullSettings: boolean;
  /** Seconds without a poll after which the queue is removed. */
  readonly idleTimeoutSeconds: number;
  /** The names of parameters that have no effect. */
  readonly ignored: readonly string[];
}

/** What a client asks for, or why that cannot be read. */
export type ReadRegistration =
  | { readonly kind: "registration"; readonly registration: Registration }
  | { readonly kind: "error"; readonly message: string };

/** Far more than there are types: a queue keeps them, and each event is looked up in them. */
const MOST_TYPES = 500;
const LONGEST_TYPE = 100;
const texts = z.array(z.string().max(LONGEST_TYPE)).max(MOST_TYPES).nullable();
const TEXTS = `a list of strings, of up to ${MOST_TYPES}, each of up to ${LONGEST_TYPE} characters`;
const flag = z.boolean();

/** The parameters, each with its schema and the words for a value of another kind. */
const PARAMETERS = {
  event_types: [texts, TEXTS],
  fetch_event_types: [texts, TEXTS],
  apply_markdown: [flag, "true or false"],
  client_gravatar: [flag, "true or false"],
  slim_presence: [flag, "true or false"],
  all_public_streams: [flag, "true or false"],
  // Newer clients ask for `"partial"`, and take the whole.
  include_subscribers: [z.union([flag, z.literal("partial")]), 'true, false or "partial"'],
  narrow: [z.array(z.unknown()), "a list of [operator, operand] pairs"],
  queue_lifespan_secs: [z.int().min(0), "a whole number from 0"],
  idle_queue_timeout: [
    z.union([z.int().min(0), z.literal("mobile")]),
    'a whole number from 0 or "mobile"',
  ],
  client_capabilities: [z.record(z.string(), z.unknown()), "an object"],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

type Name = keyof typeof PARAMETERS;
type Values = { [Key in Name]?: z.infer<(typeof PARAMETERS)[Key][0]> };

/**
 * Reads the parameters of a registration.
 *
 * @param form As they came: each value is JSON, except that the words of `idle_queue_timeout` and
 * `include_subscribers` may come without quotes.
 */
export function readRegistration(form: ReadonlyMap<string, string>): ReadRegistration {
  const values: Record<string, unknown> = {};
  const ignored: string[] = [];
  for (const [name, text] of form) {
    if (!Object.hasOwn(PARAMETERS, name)) {
      ignored.push(name);
      continue;
    }
    const read = readParameter(name as Name, text);
    if ("message" in read) return { kind: "error", message: read.message };
    values[name] = read.value;
  }
  return registrationOf(values as Values, ignored);
}

function readParameter(name: Name, text: string): { value: unknown } | { message: string } {
  const [schema, expected] = PARAMETERS[name];
  const value = /^[a-z]+$/.test(text) && !/^(true|false|null)$/.test(text) ? text : parsed(text);
  if (value === undefined) return { message: `Argument "${name}" is not valid JSON.` };
  const read = schema.safeParse(value);
  return read.success ? { value: read.data } : { message: `${name} is not ${expected}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function registrationOf(values: Values, ignored: readonly string[]): ReadRegistration {
  const narrow = readNarrow(values.narrow ?? []);
  if (narrow.kind === "error") return narrow;
  const said = values.client_capabilities ?? {};
  const capabilities = Object.fromEntries(
    Object.keys(CAPABILITIES).flatMap((name) =>
      typeof said[name] === "boolean" ? [[name, said[name]]] : []
    ),
  );
  const { slim_presence, event_types: eventTypes = null } = values;
  const registration: Registration = {
    eventTypes,
    fetchTypes: values.fetch_event_types ?? eventTypes,
    applyMarkdown: values.apply_markdown ?? false,
    clientGravatar: values.client_gravatar ?? true,
    allPublicStreams: values.all_public_streams ?? false,
    includeSubscribers: (values.include_subscribers ?? false) !== false,
    narrow: narrow.narrow,
    capabilities: capabilitiesOf({ ...capabilities, slim_presence }),
    knowsNullSettings: said.notification_settings_null === true,
    idleTimeoutSeconds: idleTimeoutSeconds(values),
    ignored,
  };
  return { kind: "registration", registration };
}
