/**
 * The settings that workers require, as `check-config` shows them.
 *
 * @module
 */

import type { EffectiveSetting } from "../config/reader.ts";
import type { QueueCheck } from "./check_queues.ts";

/**
 * The settings by the worker that requires them, with their values and sources, secrets masked: a
 * heading for each worker, then its settings. Nothing where no worker requires any.
 *
 * @param linesOf Makes the lines of some settings.
 */
export function requiredLines(
  queues: readonly Pick<QueueCheck, "name" | "requires">[],
  settings: readonly EffectiveSetting[],
  linesOf: (settings: readonly EffectiveSetting[]) => string[],
): string[] {
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  const effective = (name: string): EffectiveSetting =>
    byName.get(name) ?? { name, value: undefined, source: "default" };
  return queues.filter(({ requires }) => requires.length > 0).flatMap(({ name, requires }) => [
    "",
    `required by ${name}:`,
    ...linesOf(requires.map(effective)).map((line) => `  ${line}`),
  ]);
}
