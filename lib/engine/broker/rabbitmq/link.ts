/**
 * One connection to RabbitMQ, made again whenever it is lost.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { errorData } from "../../../errors/error_data.ts";
import { notice, type Reporter } from "../../report.ts";
import { BrokerError } from "../broker.ts";
import { Backoff } from "./backoff.ts";
import { Unconfirmed } from "./confirmed_channel.ts";
import { type ConnectingOptions, connectToAny } from "./connecting.ts";
import { closeConnection, cut, isOpen } from "./connection.ts";
import { type Address, FINAL, whereOf } from "./errors.ts";
import { LinkHistory } from "./link_history.ts";

/** What a connection needs. */
export interface LinkOptions extends ConnectingOptions {
  /** Seconds to wait for a first connection. */
  readonly waitSeconds: number;
  readonly report: Reporter;
  /** Called when a connection is open, before anybody gets it. */
  readonly onUp?: () => void;
  /** Called when a connection was lost. @param cause Why, where that is known. */
  readonly onLost?: (cause: Error | undefined) => void;
}

/** How long an attempt to connect to one address may take, handshake included, in ms. */
const CONNECT_MS = 4000;
/** The least time for an attempt, in ms, as with `waitSeconds: 0`. */
const MIN_CONNECT_MS = 1000;
/** The limit of the first wait before the next attempt, in ms. */
const FIRST_BACKOFF_MS = 200;
/** A connection that is lost sooner, in ms, is made again after longer and longer waits. */
const STABLE_MS = 10_000;

/** A connection across its losses. */
export class Link {
  readonly #options: LinkOptions;
  readonly #closing = new AbortController();
  readonly #loop: Promise<void>;
  #model: ChannelModel | undefined;
  #up = Promise.withResolvers<ChannelModel>();
  #unblocked: PromiseWithResolvers<void> | undefined;
  readonly #history = new LinkHistory();
  #everUp = false;
  /** Why the last attempt to connect failed. */
  #failure: string | undefined;

  /** Starts to connect. @param options The address and the limits. */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#up.promise.catch(() => {});
    this.#loop = this.#run();
  }

  /** Aborted when the link is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Whether there is a connection now. */
  get isUp(): boolean {
    return this.#model !== undefined;
  }

  /** What is known of the connection beyond {@linkcode isUp}. */
  get history(): LinkHistory {
    return this.#history;
  }

  /** Whether the broker accepts no publishes on this connection (a resource alarm). */
  get isBlocked(): boolean {
    return this.#unblocked !== undefined;
  }

  /**
   * The connection, once there is one.
   *
   * @throws {BrokerError} When the first attempt was refused, nobody answered for `waitSeconds`,
   * or the link was closed.
   */
  model(): Promise<ChannelModel> {
    return this.#up.promise;
  }

  /** Resolves once the broker accepts publishes. */
  unblocked(): Promise<void> {
    return this.#unblocked?.promise ?? Promise.resolve();
  }

  /**
   * Uses a second connection for a moment.
   *
   * @throws {Unconfirmed} When there is none.
   */
  async useAnother(use: (model: ChannelModel) => Promise<void>): Promise<void> {
    const { model } = await connectToAny(this.#options, CONNECT_MS, this.closing)
      .catch((error) => {
        throw new Unconfirmed(error);
      });
    const abort = () => cut(model);
    model.on("error", () => {});
    this.closing.addEventListener("abort", abort);
    try {
      await use(model);
    } finally {
      this.closing.removeEventListener("abort", abort);
      await closeConnection(model);
    }
  }

  /** Closes the connection; destroys the socket when the broker does not answer. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#up.reject(closedError());
    if (this.#model) await closeConnection(this.#model);
    await this.#loop;
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(FIRST_BACKOFF_MS);
    const giveUpAt = performance.now() + this.#options.waitSeconds * 1000;
    while (!this.closing.aborted) {
      try {
        const left = (this.#everUp ? Infinity : giveUpAt) - performance.now();
        const ms = Math.min(CONNECT_MS, Math.max(MIN_CONNECT_MS, left));
        const { model, address } = await connectToAny(this.#options, ms, this.closing);
        const since = performance.now();
        await this.#useUntilLost(model, address);
        if (performance.now() - since > STABLE_MS) backoff.reset();
      } catch (error) {
        if (!this.#triesAgain(error as BrokerError, giveUpAt)) return;
      }
      await backoff.wait(this.closing);
    }
  }

  /** Whether to try again. Reports the failure, once while it stays the same. */
  #triesAgain(error: BrokerError, giveUpAt: number): boolean {
    if (this.closing.aborted) return false;
    const isFirst = !this.#everUp;
    if (isFirst && (FINAL.has(error.kind) || performance.now() >= giveUpAt)) {
      this.#up.reject(error);
      return false;
    }
    if (error.message !== this.#failure) {
      this.#notice(FINAL.has(error.kind) ? "error" : "warning", `cannot be made: ${error.message}`);
    }
    this.#failure = error.message;
    return true;
  }

  /** Serves the connection until it is lost. */
  async #useUntilLost(model: ChannelModel, address: Address): Promise<void> {
    const lost = Promise.withResolvers<void>();
    let cause: Error | undefined;
    model.setMaxListeners(0);
    model.on("error", (error) => cause = error);
    model.on("blocked", (reason) => this.#block(reason));
    model.on("unblocked", () => this.#unblock());
    model.on("close", (error) => {
      this.#lost(cause ?? error);
      lost.resolve();
    });
    if (this.closing.aborted) return await closeConnection(model);
    if (!isOpen(model)) return;
    this.#model = model;
    this.#failure = undefined;
    this.#history.up(model);
    if (this.#everUp) this.#notice("info", `is connected again, to ${whereOf(address)}`);
    this.#everUp = true;
    this.#options.onUp?.();
    this.#up.resolve(model);
    await lost.promise;
    cut(model);
  }

  #lost(cause: Error | undefined): void {
    this.#model = undefined;
    this.#history.lost();
    this.#unblock();
    if (this.closing.aborted) return;
    this.#options.onLost?.(cause);
    this.#up = Promise.withResolvers();
    this.#up.promise.catch(() => {});
    this.#notice("warning", `was lost and is reconnecting: ${whyLost(cause)}`);
  }

  #block(reason: string): void {
    this.#unblocked ??= Promise.withResolvers();
    this.#history.blocked = reason;
    this.#notice("warning", `may not publish because the broker has an alarm: ${reason}`);
  }

  #unblock(): void {
    if (!this.#unblocked) return;
    this.#unblocked.resolve();
    this.#unblocked = undefined;
    this.#history.blocked = undefined;
    if (this.isUp) this.#notice("info", "may publish again");
  }

  #notice(level: "info" | "warning" | "error", text: string): void {
    const { name, report } = this.#options;
    const properties = { connection: name, text };
    report(notice(level, undefined, "Connection {connection} {text}", { properties }));
  }
}

/** The error of every call after the broker object was closed. */
export function closedError(): BrokerError {
  return new BrokerError("closed", "The connection to the broker was closed by this process");
}

function whyLost(cause: Error | undefined): string {
  return cause ? errorData(cause).message : "the broker closed it";
}
