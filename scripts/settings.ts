/**
 * Writes docs/settings.md from the table of settings.
 *
 *   deno task settings
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { SETTING_GROUPS, type SettingGroup } from "../lib/config/settings.ts";
import type { SettingInfo } from "../lib/config/setting.ts";

const INTRODUCTION = `# Settings

Settings come from the environment, and from a file \`.env\` in the working folder
([its syntax](running.md#the-file-env)). \`process-queue check-config\` prints the settings in effect
with their sources. \`<QUEUE>\` is the name of a queue in upper case. An empty value counts as none.

\`deno task settings\` writes this page.
`;

/** The text of the page. */
export function settingsPage(): string {
  return [INTRODUCTION, ...SETTING_GROUPS.map(section)].join("\n");
}

function section({ title, settings }: SettingGroup): string {
  const rows = [["setting", "default", "what it does"], ...settings.map(rowOf)];
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [heading = [], ...others] = rows;
  const rule = widths.map((width) => "-".repeat(width));
  return [`## ${title}`, "", ...[heading, rule, ...others].map(line), ""].join("\n");
}

function rowOf({ name, default: text, description }: SettingInfo): string[] {
  return [`\`${name}\``, text === undefined ? "" : `\`${text}\``, description];
}

if (import.meta.main) {
  writeFileSync(new URL("../docs/settings.md", import.meta.url), settingsPage());
}
