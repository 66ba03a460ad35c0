/**
 * The file as it is open now. A file that is lost is opened again; a damaged one is given up.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { errorData } from "../../../errors/error_data.ts";
import { BrokerError } from "../broker.ts";
import { isDamage } from "./errors.ts";
import type { Notice } from "./notice.ts";
import type { Reserve } from "./reserve.ts";
import { Session } from "./session.ts";

/** What is called when the session changes. */
export interface CurrentSessionOptions {
  readonly path: string;
  readonly notice: Notice;
  /** Another session has taken the place of one that was lost. */
  readonly onReopened: () => void;
  /** The file is damaged and is not opened again. */
  readonly onGivenUp: (error: BrokerError) => void;
}

/** ms between two attempts to open the file again. */
const REOPEN_MS = 1000;

/** Keeps a session open. */
export class CurrentSession {
  readonly #options: CurrentSessionOptions;
  readonly #closed = new AbortController();
  readonly #failed = Promise.withResolvers<BrokerError>();
  #session: Session;
  #reopening: Promise<void> | undefined;
  #isGivenUp = false;

  /** @param session The first. @param options The file, and who is called. */
  constructor(session: Session, options: CurrentSessionOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** The session, which may be lost. */
  get session(): Session {
    return this.#session;
  }

  /** Whether the file can be used. */
  get isThere(): boolean {
    return !this.#isGivenUp && this.#reopening === undefined;
  }

  /** Resolves, with the reason, when the file is given up. */
  get failure(): Promise<BrokerError> {
    return this.#failed.promise;
  }

  /** Replaces a session that is lost, unless the file is damaged. */
  replace(): void {
    if (!this.isThere) return;
    const { lostBy } = this.#session;
    if (isDamage(lostBy)) return this.#giveUp(lostBy);
    this.#reopening = this.#openAgain().finally(() => this.#reopening = undefined);
  }

  /** Opens no other session; resolves when none is being opened. */
  async end(): Promise<void> {
    this.#closed.abort();
    await this.#reopening;
  }

  /** The file was replaced, or others have taken this process for dead. */
  async #openAgain(): Promise<void> {
    const message =
      "The broker's file is opened again; events that were taken from it are lost to " +
      "this process";
    this.#options.notice("error", message, { error: errorData(this.#session.lostBy) });
    const session = await this.#untilOpen();
    if (!session) return;
    this.#session.close(true);
    this.#session = session;
    this.#options.onReopened();
  }

  async #untilOpen(): Promise<Session | undefined> {
    const { path, notice } = this.#options;
    while (!this.#closed.signal.aborted) {
      try {
        return await Session.open(path);
      } catch (error) {
        if (isDamage(error)) return void this.#giveUp(error);
        notice("error", "The broker's file cannot be opened", { error: errorData(error) });
      }
      await delay(REOPEN_MS, undefined, { signal: this.#closed.signal }).catch(() => {});
    }
    return undefined;
  }

  #giveUp(error: BrokerError): void {
    this.#isGivenUp = true;
    this.#session.lostBy = error;
    const message = "The broker's file is damaged: nothing more is taken from it or stored in it";
    this.#options.notice("error", message, { error: errorData(error) });
    this.#options.onGivenUp(error);
    this.#failed.resolve(error);
  }
}

/** Opens the file, on a full disk with the room of the reserve. @throws {BrokerError} */
export async function openWithRoom(path: string, reserve: Reserve): Promise<Session> {
  try {
    return await Session.open(path);
  } catch (error) {
    if (!(error instanceof BrokerError) || !reserve.spend(error.cause)) throw error;
    return await Session.open(path);
  }
}
