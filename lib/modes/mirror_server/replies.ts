/**
 * What the server answers: the code of SMTP, the enhanced code of RFC 3463, and a text. None quotes
 * an address.
 *
 * @module
 */

/** An answer to a client. */
export interface Reply {
  /** 2xx: done; 4xx: the client tries again later; 5xx: it does not. */
  readonly code: number;
  /** With the enhanced code. */
  readonly text: string;
}

/** An answer that refuses, as smtp-server takes it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** smtp-server's name of the code. */
  readonly responseCode: number;
  /** @param reply With a code from 400. */
  constructor({ code, text }: Reply) {
    super(text);
    this.responseCode = code;
  }
}

/** The answers that are always the same. Zulip's words where Zulip has some. */
export const REPLY = {
  accepted: { code: 250, text: "2.6.0 OK" },
  rateLimited: {
    code: 450,
    text: "4.7.0 Rate-limited due to too many emails on this realm.",
  },
  noDatabase: { code: 451, text: "4.3.0 The database is unavailable, try again later" },
  noBroker: { code: 451, text: "4.3.0 The mail could not be queued, try again later" },
  noPostmaster: {
    code: 451,
    text: "4.3.5 Mail to postmaster cannot be forwarded now, try again later",
  },
  fault: { code: 451, text: "4.3.0 Error in the server, try again later" },
  noRoom: { code: 452, text: "4.3.1 Too many mails are being received, try again later" },
  tooManyRefused: { code: 421, text: "4.7.0 Too many recipients were refused, closing" },
  sessionTooLong: { code: 421, text: "4.4.2 The session took too long, closing" },
  mailTooLong: { code: 421, text: "4.4.2 The mail took too long, closing" },
  stopping: { code: 421, text: "4.3.2 The server is stopping, try again later" },
  needsTls: { code: 530, text: "5.7.0 Must issue a STARTTLS command first" },
  bareNewline: {
    code: 550,
    text: "5.6.11 The mail has a bare CR or LF: lines must end with CR and LF",
  },
  loop: { code: 554, text: "5.4.6 Too many hops: the mail is in a loop" },
} as const satisfies Record<string, Reply>;

/** The recipient is not known. @param why Why not, without the address. */
export function unknownRecipient(why: string): Reply {
  return { code: 550, text: `5.1.1 Bad destination mailbox address: ${why}` };
}

/** The recipient takes no mail from there. @param why Why not. */
export function deniedRecipient(why: string): Reply {
  return { code: 550, text: `5.7.1 Permission denied: ${why}` };
}

/** The mail is too large. @param most The most bytes. */
export function tooLarge(most: number): Reply {
  return { code: 552, text: `5.3.4 The mail is too large: at most ${most} bytes are taken` };
}

/** Whether the client has to try again. */
export function isLater({ code }: Reply): boolean {
  return code >= 400 && code < 500;
}
