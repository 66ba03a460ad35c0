/**
 * Connections to the SMTP server, one for each mail that is sent at the same time.
 *
 * @module
 */

import type { MailTransport } from "./transport.ts";

/** Transports that are used in turn; each is made when all others are busy. */
export class MailTransports implements AsyncDisposable {
  readonly #make: () => MailTransport;
  readonly #all: MailTransport[] = [];
  readonly #idle: MailTransport[] = [];

  /** @param make Makes one; it connects when it is first used. */
  constructor(make: () => MailTransport) {
    this.#make = make;
  }

  /** Calls a function with a transport that nobody else uses at the same time. */
  async use<Result>(call: (transport: MailTransport) => Promise<Result>): Promise<Result> {
    const transport = this.#idle.pop() ?? this.#add();
    try {
      return await call(transport);
    } finally {
      this.#idle.push(transport);
    }
  }

  /** Ends all connections; mails that are being sent are given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((transport) => transport.close()));
  }

  #add(): MailTransport {
    const transport = this.#make();
    this.#all.push(transport);
    return transport;
  }
}
