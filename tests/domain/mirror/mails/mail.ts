/**
 * Texts of mails as mail programs write them, and what of them is the author's.
 *
 * @module
 */

/** A text of a mail. */
export interface QuotingMail {
  /** The program, and what is special. */
  readonly name: string;
  readonly text: string;
  /** What the author wrote. @default {OWN} */
  readonly own?: string;
  /** Whether the mail answers another by its headers. @default {true} */
  readonly isReply?: boolean;
}

/** What the author wrote. */
export const OWN = "Works for me: at 12, by the door.\n\nBen";

/** A mail that says {@linkcode OWN} above what it quotes. */
export function above(name: string, quotation: string): QuotingMail {
  return { name, text: `${OWN}\n\n${quotation}` };
}

/** Of these, the quoted text. */
export const QUOTED = "> Lunch on Monday?\n>\n> Ada";
/** The same in programs that do not mark what is quoted. */
export const UNMARKED = "Lunch on Monday?\n\nAda";
