/**
 * What is said between nodemailer and the SMTP server, from nodemailer's log.
 *
 * @module
 */

import { type Confidential, masked } from "./server_words.ts";

/** One line of the conversation. Passwords, recipients and the mail itself are not in it. */
export interface ConversationStep {
  /** Who speaks; `connection` for what happens to it. */
  readonly who: "client" | "server" | "connection";
  readonly text: string;
}

/** The first argument of nodemailer's log. */
interface Entry {
  readonly tnx?: string;
}

type Level = "trace" | "debug" | "info" | "warn" | "error" | "fatal";
type Log = (entry: Entry, text?: string, ...values: unknown[]) => void;

const NOBODY: Confidential = { recipients: [], secrets: [], texts: [] };

/** Follows the conversation of one connection. */
export class Conversation {
  /** Nodemailer's option `logger`. */
  readonly logger: Readonly<Record<Level, Log>>;
  readonly #onStep: ((step: ConversationStep) => void) | undefined;
  #confidential = NOBODY;
  #isLoggingIn = false;
  #isSenderOut = false;
  #isBegun = false;
  #isSent = false;
  #isNew = false;
  #isAnswered = false;
  /** Called whenever anything happens. */
  onEntry: (() => void) | undefined;

  /** @param onStep Gets each line as it is said. */
  constructor(onStep?: (step: ConversationStep) => void) {
    this.#onStep = onStep;
    const log: Log = (entry, text, ...values) => this.#hear(entry, text, values);
    this.logger = { trace: log, debug: log, info: log, warn: log, error: log, fatal: log };
  }

  /** Whether the server has accepted the sender of the mail begun last. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** Whether the mail begun last and the dot after it are out. */
  get isSent(): boolean {
    return this.#isSent;
  }

  /**
   * Whether the mail begun last went to a connection that was open before, and the server has
   * accepted nothing of it: it can go to a new one.
   */
  get canBeginAgain(): boolean {
    return !this.#isNew && !this.#isAnswered;
  }

  /** A mail begins. @param confidential What the lines must not show. */
  begin(confidential: Confidential): void {
    this.#confidential = confidential;
    this.#isSenderOut = false;
    this.#isBegun = false;
    this.#isSent = false;
    this.#isNew = false;
    this.#isAnswered = false;
  }

  /** Something happened to the connection that nodemailer does not log. */
  note(text: string): void {
    this.#say("connection", text);
  }

  #hear({ tnx }: Entry, text = "", values: readonly unknown[]): void {
    switch (tnx) {
      case "message":
        this.#isSent = true;
        this.#say("client", "(the mail, and the dot that ends it)");
        break;
      case "client":
        this.#isSenderOut ||= text.startsWith("MAIL FROM:");
        this.#say("client", this.#withoutLogin(text));
        break;
      case "server":
        this.#isAnswered ||= /^[23]/.test(text);
        this.#isBegun ||= this.#isSenderOut && text.startsWith("2");
        this.#say("server", this.#withoutChallenge(text));
        break;
      case "network":
        if (/ established /.test(text)) {
          this.#isNew = true;
          this.#isSenderOut = false;
        }
        this.#say("connection", formatted(text, values));
        break;
    }
    this.onEntry?.();
  }

  #say(who: ConversationStep["who"], text: string): void {
    this.#onStep?.({ who, text: masked(text, this.#confidential) });
  }

  /** A command, without what follows AUTH and its method. */
  #withoutLogin(command: string): string {
    const login = /^AUTH \S+/i.exec(command)?.[0];
    if (login) this.#isLoggingIn = true;
    else if (this.#isLoggingIn) return "***";
    return login ? `${login} ***` : command;
  }

  #withoutChallenge(reply: string): string {
    if (this.#isLoggingIn && reply.startsWith("334")) return "334 ***";
    this.#isLoggingIn = false;
    return reply;
  }
}

function formatted(text: string, values: readonly unknown[]): string {
  let index = 0;
  return text.replace(/%s/g, () => String(values[index++]));
}
