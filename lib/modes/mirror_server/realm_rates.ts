/**
 * How many mails an organization takes: Zulip's RATE_LIMITING_MIRROR_REALM_RULES.
 *
 * @module
 */

/** At most so many mails within so many seconds. */
export interface RateRule {
  readonly seconds: number;
  readonly mails: number;
}

/** Counts the mails that organizations have got, within sliding windows, in memory. */
export class RealmRates {
  readonly #rules: readonly RateRule[];
  readonly #mostSeconds: number;
  readonly #mostMails: number;
  /** When the last mails came, in ms since 1970, by realm. */
  readonly #times = new Map<number, number[]>();

  /** @param rules None: no limit. */
  constructor(rules: readonly RateRule[]) {
    this.#rules = rules;
    this.#mostSeconds = Math.max(0, ...rules.map(({ seconds }) => seconds));
    this.#mostMails = Math.max(0, ...rules.map(({ mails }) => mails));
  }

  /**
   * Whether a realm takes one more mail.
   *
   * @param pending How many are about to be added.
   * @param now ms since 1970.
   */
  hasRoom(realm: number, pending: number, now: number): boolean {
    const times = this.#times.get(realm) ?? [];
    return this.#rules.every(({ seconds, mails }) => {
      const most = mails - pending;
      if (most <= 0) return false;
      const first = times.at(-most);
      return first === undefined || first <= now - seconds * 1000;
    });
  }

  /** Counts a mail. @param now ms since 1970. */
  add(realm: number, now: number): void {
    if (this.#rules.length === 0) return;
    const times = [...this.#times.get(realm) ?? [], now];
    const since = now - this.#mostSeconds * 1000;
    const kept = times.slice(-this.#mostMails).filter((time) => time > since);
    this.#times.set(realm, kept);
  }
}
