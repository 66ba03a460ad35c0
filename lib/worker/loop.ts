/**
 * The loops that a worker declares by `ctx.loop`.
 *
 * @module
 */

/** A loop: work that no event asks for, such as publishing what an earlier process left. */
export interface LoopOptions {
  /** Names it in messages; another for each loop of a worker. */
  readonly name: string;
  /** Seconds between the end of a pass and the next one. While it fails: doubled, up to 300. */
  readonly everySeconds: number;
  /**
   * Seconds that a pass may take. Then its signal is aborted; where it does not end
   * `ABORT_GRACE_SECONDS` later, its thread is ended.
   */
  readonly maxSeconds: number;
  /**
   * One pass. Several processes may run it at once.
   *
   * @param signal Aborted at `maxSeconds`, and at once when the worker stops.
   * @returns `true` when there is more to do now: the next pass follows at once.
   */
  run(signal: AbortSignal): Promise<boolean | void> | boolean | void;
}
