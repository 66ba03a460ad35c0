/**
 * Whether each missed message was mailed once. Everything here is pure.
 *
 * @module
 */

/** A mail, or the event that becomes one. */
export interface MissedMail {
  /** Mails with the same id are one to its user: `email_senders` sends only the first. */
  readonly id: string;
  /** The missed messages that it tells of, by the ids of their rows. */
  readonly rows: readonly number[];
}

/** The outcome for the missed messages. */
export interface MissedVerdict {
  readonly rows: number;
  /** Mails with different ids. */
  readonly mails: number;
  /** Those whose id came before. */
  readonly again: number;
  /** Rows without a mail. */
  readonly lost: readonly number[];
  /** Rows in several mails. */
  readonly twice: readonly number[];
}

/** Makes the verdict. @param rows The ids of all rows. */
export function verdictOf(rows: readonly number[], mails: readonly MissedMail[]): MissedVerdict {
  const different = new Map(mails.map((mail) => [mail.id, mail]));
  const mailed = new Map<number, number>();
  for (const row of [...different.values()].flatMap((mail) => mail.rows)) {
    mailed.set(row, (mailed.get(row) ?? 0) + 1);
  }
  return {
    rows: rows.length,
    mails: different.size,
    again: mails.length - different.size,
    lost: rows.filter((row) => !mailed.has(row)),
    twice: [...mailed].filter(([, times]) => times > 1).map(([row]) => row),
  };
}

/** The event of `email_senders` with this `message_id`: it names the rows. */
export function mailOfEvent(id: string): MissedMail {
  const rows = id.startsWith("missed:") ? id.slice("missed:".length).split(",").map(Number) : [];
  return { id, rows };
}

/**
 * A mail that came to an SMTP server. A second one with the same content is another.
 *
 * @param number Its place among all.
 * @param text Its text, which has the messages: `message 17.`, with the ids of their rows.
 */
export function mailOfText(number: number, text: string): MissedMail {
  const rows = [...text.matchAll(/\bmessage (\d+)\./g)].map(([, id]) => Number(id));
  return { id: String(number), rows };
}
