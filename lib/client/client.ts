/**
 * The client: publishes events and waits until the broker has stored them.
 *
 * @module
 */

import { type Broker, BrokerError, type BrokerErrorKind } from "../engine/broker/broker.ts";
import { ConfirmWindow } from "../engine/broker/confirm_window.ts";
import { toJson } from "../json/to_json.ts";
import { TOO_LATE } from "../system/deadline.ts";
import { Deadlines } from "../system/deadlines.ts";
import { propertiesOf, type PublishAllOptions, type PublishOptions } from "./publish_options.ts";
import { Slots } from "../system/slots.ts";
import { type InputOf, misfitOf, queueOf, type Target } from "./target.ts";

/** Why an event was not published. */
export type ClientErrorKind =
  /** The event is not JSON, or does not fit the schema of its worker. */
  | "invalid"
  /** Those of the broker: `unreachable`, `login`, `unroutable`, `timeout` and others. */
  | BrokerErrorKind;

/** An event was not published, or there is no connection; the message says why and what to do. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** The reason. After `timeout` the event may have been stored anyway. */
  readonly kind: ClientErrorKind;
  /** For `publishAll`: how many of the events the broker has confirmed, in all. */
  readonly confirmed: number | undefined;
  /** For `publishAll`: which event failed, from 0. */
  readonly index: number | undefined;

  /** @param kind The reason. @param message What is wrong and what to do. */
  constructor(
    kind: ClientErrorKind,
    message: string,
    { cause, confirmed, index }: {
      readonly cause?: unknown;
      readonly confirmed?: number;
      readonly index?: number;
    } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
    this.confirmed = confirmed;
    this.index = index;
  }
}

/** Publishes events. */
export interface Client extends AsyncDisposable {
  /**
   * Publishes an event; resolves with its `message_id` when the broker has stored it. It is mandatory
   * and persistent. While as many events as `window` allows are not confirmed it waits for one of
   * them; without a connection it waits for the next, and all in all at most `timeoutSeconds` once it
   * has its turn.
   *
   * @param target The name of the queue, or its worker: then the event is checked by its schema.
   * @param event A value that JSON can write; a bigint is written as a whole number.
   * @throws {ClientError} When it was not published.
   * @throws {RangeError} For an option that is not valid; the message names it.
   */
  publish<T extends Target>(
    target: T,
    event: InputOf<T>,
    options?: PublishOptions,
  ): Promise<string>;
  /**
   * Publishes many events, at most `window` at once, and stops at the first that fails.
   *
   * @param events In any number: they are taken as there is room.
   * @returns How many there were, all of them confirmed.
   * @throws {ClientError} For the first that failed: `index` says which it is, and `confirmed` how
   * many others were stored. An error of `events` itself is thrown as it is, once all that were
   * taken are settled.
   */
  publishAll<T extends Target>(
    target: T,
    events: Iterable<InputOf<T>> | AsyncIterable<InputOf<T>>,
    options?: PublishAllOptions,
  ): Promise<number>;
  /** Waits for the events that are not confirmed yet, and closes the connection. */
  close(): Promise<void>;
}

/** What a client is made of. */
export interface ClientParts {
  readonly broker: Broker;
  /** The most events that are not confirmed. */
  readonly window: number;
  /** Whether a queue that is not there is declared. */
  readonly declare: boolean;
  /** Seconds that a publish may take. */
  readonly timeoutSeconds: number;
}

/** How much longer the client waits than RabbitMQ's broker, which knows why it is late, in ms. */
const MORE_MS = 500;

/** A client of one broker. */
export class BrokerClient implements Client {
  readonly #parts: ClientParts;
  readonly #slots: Slots;
  readonly #deadlines: Deadlines;
  readonly #outstanding = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  /** @param parts The broker and the limits. */
  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#slots = new Slots(parts.window);
    this.#deadlines = new Deadlines(parts.timeoutSeconds * 1000 + MORE_MS);
  }

  /** @inheritdoc */
  async publish(target: Target, event: unknown, options: PublishOptions = {}): Promise<string> {
    if (this.#closed) throw closedError(queueOf(target));
    const publishing = this.#publish(target, event, options);
    this.#outstanding.add(publishing);
    try {
      return await publishing;
    } finally {
      this.#outstanding.delete(publishing);
    }
  }

  /** @inheritdoc */
  async publishAll(
    target: Target,
    events: Iterable<unknown> | AsyncIterable<unknown>,
    options: PublishAllOptions = {},
  ): Promise<number> {
    const window = new ConfirmWindow(this.#parts.window);
    let index = 0;
    try {
      for await (const event of events) {
        const at = index++;
        await window.add(() => this.#publishAt(at, target, event, options));
      }
      await window.drain();
      return window.confirmed;
    } catch (error) {
      await window.end();
      throw error instanceof FailedAt ? failedAt(error, window.confirmed) : error;
    }
  }

  /** @inheritdoc */
  async close(): Promise<void> {
    await (this.#closed ??= this.#close());
  }

  /** @inheritdoc */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#outstanding);
    await this.#parts.broker[Symbol.asyncDispose]();
  }

  async #publishAt(
    index: number,
    target: Target,
    event: unknown,
    options: PublishAllOptions,
  ): Promise<void> {
    try {
      await this.publish(target, event, options);
    } catch (error) {
      throw new FailedAt(index, error);
    }
  }

  async #publish(target: Target, event: unknown, options: PublishOptions): Promise<string> {
    const queue = queueOf(target);
    const properties = propertiesOf(queue, options);
    const misfit = await misfitOf(target, event);
    if (misfit !== undefined) throw invalidError(queue, `it does not fit its schema: ${misfit}`);
    const body = bodyOf(queue, event);
    const { delaySeconds = 0 } = options;
    const { broker } = this.#parts;
    const publish = () =>
      delaySeconds > 0
        ? broker.publishLater(queue, body, properties, delaySeconds)
        : broker.publish(queue, body, properties);
    await this.#slots.run(() => this.#limited(queue, this.#declaring(queue, publish)));
    return properties.messageId ?? "";
  }

  /** Frees the slot of an event that no broker confirms or refuses. */
  async #limited(queue: string, published: Promise<void>): Promise<void> {
    if (await this.#deadlines.within(published) !== TOO_LATE) return;
    const { timeoutSeconds } = this.#parts;
    throw new ClientError(
      "timeout",
      `An event for queue ${queue} was not confirmed within ${timeoutSeconds} s; it may have been ` +
        "stored anyway",
    );
  }

  /** Publishes, and again once a queue that was not there is declared. */
  async #declaring(queue: string, publish: () => Promise<void>): Promise<void> {
    try {
      await publish().catch(async (error) => {
        if (!isUnroutable(error) || !this.#parts.declare) throw error;
        await this.#parts.broker.declare(queue);
        await publish();
      });
    } catch (error) {
      throw clientError(queue, error);
    }
  }
}

/** An event of several failed. */
class FailedAt extends Error {
  constructor(readonly index: number, override readonly cause: unknown) {
    super("", { cause });
  }
}

function failedAt({ index, cause }: FailedAt, confirmed: number): unknown {
  if (!(cause instanceof ClientError)) return cause;
  const message = `Event ${index + 1}: ${cause.message}. ${confirmed} of the events were stored`;
  return new ClientError(cause.kind, message, { cause, confirmed, index });
}

function bodyOf(queue: string, event: unknown): string {
  try {
    return toJson(event);
  } catch (error) {
    throw invalidError(queue, (error as Error).message);
  }
}

function invalidError(queue: string, why: string): ClientError {
  return new ClientError("invalid", `An event for queue ${queue} cannot be published: ${why}`);
}

function closedError(queue: string): ClientError {
  const message = `An event for queue ${queue} cannot be published: the client is closed`;
  return new ClientError("closed", message);
}

function isUnroutable(error: unknown): boolean {
  return error instanceof BrokerError && error.kind === "unroutable";
}

/** The client's error for one of the broker; others are returned as they are. */
export function clientError(queue: string, error: unknown): unknown {
  if (!(error instanceof BrokerError)) return error;
  const message = isUnroutable(error)
    ? `There is no queue ${queue}: check its name, start its worker once, or connect with ` +
      "`declare: true`"
    : error.message;
  return new ClientError(error.kind, message, { cause: error });
}
