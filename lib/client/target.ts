/**
 * Where events go: a queue by its name, or a worker, whose schema then says what an event is.
 *
 * @module
 */

/** A schema of events: that of zod 4, or any with the interface of Standard Schema. */
export interface EventSchema<Input = unknown> {
  /** The interface that schema libraries share. */
  readonly "~standard": {
    /** Checks a value. */
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
    /** The types of the schema; no value has it. */
    readonly types?: { readonly input: Input; readonly output: unknown } | undefined;
  };
}

/** What a schema says of a value. */
export interface SchemaResult {
  /** Why the value does not fit; left out where it does. */
  readonly issues?: readonly SchemaIssue[] | undefined;
}

/** Why a value does not fit. */
export interface SchemaIssue {
  /** A sentence. */
  readonly message: string;
  /** Where, from the whole value inwards. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A queue and the schema of its events: a worker is one. */
export interface TypedTarget<Schema extends EventSchema = EventSchema> {
  /** The name of the queue. */
  readonly queue: string;
  /** The schema of an event. */
  readonly event: Schema;
}

/** Where events go: the name of a queue, or a worker. */
export type Target = string | TypedTarget;

/** What an event for a target is: what its schema takes, or any value that JSON can write. */
export type InputOf<T extends Target> = T extends TypedTarget<infer Schema>
  ? NonNullable<Schema["~standard"]["types"]>["input"]
  : unknown;

/** The name of the queue of a target. */
export function queueOf(target: Target): string {
  return typeof target === "string" ? target : target.queue;
}

/** The most issues that a message has. */
const MOST_ISSUES = 5;

/**
 * Why an event does not fit the schema of its target.
 *
 * @returns Its issues in one line; `undefined` where it fits, or the target has no schema.
 */
export async function misfitOf(target: Target, event: unknown): Promise<string | undefined> {
  if (typeof target === "string") return undefined;
  const { issues = [] } = await target.event["~standard"].validate(event);
  if (issues.length === 0) return undefined;
  return issues.slice(0, MOST_ISSUES).map(sentenceOf).join("; ");
}

function sentenceOf({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return `${keys.length === 0 ? "event" : keys.join(".")}: ${message}`;
}
