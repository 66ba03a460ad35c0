import { checkText } from "../../lib/modes/doctor/check_text.ts";
import type { Found } from "../../lib/operations/doctor/finding.ts";

/** The text of what a check has found. @throws {Error} With it, where something is wrong. */
export async function foundText(found: Promise<readonly Found[]>): Promise<string> {
  const all = await found;
  const text = checkText(all);
  if (all.some(({ level }) => level === "error")) throw new Error(text);
  return text;
}
