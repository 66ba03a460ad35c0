/**
 * A session with an SMTP server that is kept from one mail to the next.
 *
 * @module
 */

import { unlessAborted } from "../../system/deadline.ts";
import type { Conversation } from "./conversation.ts";
import type { Confidential } from "./server_words.ts";
import type { SmtpSession } from "./smtp_session.ts";

/** How long a connection is kept that no mail uses, in ms. */
const IDLE_MS = 30_000;
/** Nodemailer's codes of a connection that was lost. */
const LOST: ReadonlySet<unknown> = new Set(["ECONNECTION", "ESOCKET"]);
const NOWHERE: FailedAt = { isBegun: false, isSent: false, isStalled: false };
/** The server ends the connection, whatever it was asked. */
const CLOSING = 421;

/** How far a session had got when it failed. */
export interface FailedAt {
  /** Whether the server had accepted the sender of a mail. */
  readonly isBegun: boolean;
  /** Whether a whole mail was out. */
  readonly isSent: boolean;
  /** Whether the server said nothing for too long. */
  readonly isStalled: boolean;
}

/** Something failed. The cause is nodemailer's error. */
export class SessionFailure extends Error {
  /** Always `SessionFailure`. */
  override readonly name = "SessionFailure";

  /**
   * @param cause What nodemailer threw.
   * @param at How far it had got.
   */
  constructor(cause: unknown, readonly at: FailedAt) {
    super("A mail was not sent", { cause });
  }
}

/** How long the server may say nothing. */
export interface SessionTimes {
  /** Before a whole mail is out, in ms. */
  readonly stepMs: number;
  /** When a whole mail is out, in ms. */
  readonly answerMs: number;
}

/** Something to do in a session, until the signal is aborted. */
export type SessionTask<Result> = (session: SmtpSession, signal: AbortSignal) => Promise<Result>;

/**
 * Keeps one session at a time: it is opened when it is needed, opened again when it was lost, and
 * ended when nothing used it for 30 s.
 */
export class KeptSession {
  readonly #make: () => SmtpSession;
  readonly #conversation: Conversation;
  readonly #times: SessionTimes;
  readonly #closing = new AbortController();
  #session: SmtpSession | undefined;
  /** Done when all tasks are done. */
  #turn: Promise<void> = Promise.resolve();
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param make Makes a session, whose log the conversation follows.
   */
  constructor(make: () => SmtpSession, conversation: Conversation, times: SessionTimes) {
    this.#make = make;
    this.#conversation = conversation;
    this.#times = times;
  }

  /** Whether {@linkcode close} was called. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Runs a task when all before are done. It is run once more, in a new session, when the kept one
   * turns out to be lost before the server took anything of it.
   *
   * @param confidential What the lines of the conversation must not show.
   * @throws {SessionFailure} What the session threw.
   */
  async run<Result>(
    task: SessionTask<Result>,
    signal: AbortSignal,
    confidential: Confidential,
  ): Promise<Result> {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const endTurn = await this.#turnBegins(stop);
    try {
      this.#conversation.begin(confidential);
      return await this.#attempt(task, stop);
    } catch (failure) {
      if (!this.#conversation.canBeginAgain || !isLost(failure)) throw failure;
      return await this.#attempt(task, stop);
    } finally {
      this.#keep();
      endTurn();
    }
  }

  /** Ends the session: a task that runs is given up, and no other is run. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#turn;
    clearTimeout(this.#idleTimer);
    await this.#session?.quit();
  }

  /**
   * Waits until all tasks before are done.
   *
   * @returns Lets the next task run.
   * @throws {SessionFailure} When it is too late for the task.
   */
  async #turnBegins(stop: AbortSignal): Promise<() => void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = before.then(() => promise);
    await unlessAborted(before, stop);
    if (!stop.aborted) return resolve;
    resolve();
    throw new SessionFailure({ code: "EABORT" }, NOWHERE);
  }

  async #attempt<Result>(task: SessionTask<Result>, stop: AbortSignal): Promise<Result> {
    using stall = this.#watch();
    const signal = AbortSignal.any([stop, stall.signal]);
    try {
      return await task(await this.#opened(signal), signal);
    } catch (error) {
      const { isBegun, isSent } = this.#conversation;
      throw new SessionFailure(error, { isBegun, isSent, isStalled: stall.signal.aborted });
    }
  }

  async #opened(signal: AbortSignal): Promise<SmtpSession> {
    clearTimeout(this.#idleTimer);
    if (this.#session?.isOpen) return this.#session;
    const session = this.#make();
    this.#session = session;
    try {
      await session.open(signal);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** A signal that is aborted when the server says nothing for too long. */
  #watch(): Disposable & { readonly signal: AbortSignal } {
    const stall = new AbortController();
    let heardAt = performance.now();
    // One timer for many lines, which looks when it ends how long ago the last one was.
    const look = () => {
      const left = heardAt + this.#patienceMs - performance.now();
      if (left > 0) timer = setTimeout(look, left);
      else stall.abort();
    };
    let timer = setTimeout(look, Math.min(this.#times.stepMs, this.#times.answerMs));
    this.#conversation.onEntry = () => void (heardAt = performance.now());
    return {
      signal: stall.signal,
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        this.#conversation.onEntry = undefined;
      },
    };
  }

  /** How long the server may say nothing now, in ms. */
  get #patienceMs(): number {
    return this.#conversation.isSent ? this.#times.answerMs : this.#times.stepMs;
  }

  #keep(): void {
    clearTimeout(this.#idleTimer);
    const session = this.#session;
    if (this.isClosed || !session?.isOpen) return;
    this.#idleTimer = setTimeout(() => {
      this.#session = undefined;
      void session.quit();
    }, IDLE_MS);
  }
}

function isLost(failure: unknown): boolean {
  if (!(failure instanceof SessionFailure) || failure.at.isSent || failure.at.isStalled) {
    return false;
  }
  const { code, responseCode } = failure.cause as { code?: unknown; responseCode?: unknown };
  return responseCode === CLOSING || (responseCode === undefined && LOST.has(code));
}
