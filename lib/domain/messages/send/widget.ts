/**
 * Widgets: choices that a bot offers with a message.
 *
 * @module
 */

import { z } from "zod";
import { SendError, type Widget } from "./new_message.ts";

const CHOICES = z.looseObject({
  type: z.literal("choices"),
  heading: z.string(),
  choices: z.array(z.looseObject({
    type: z.string(),
    short_name: z.string(),
    long_name: z.string(),
    reply: z.string(),
  })),
});

/**
 * The widget of a `widget_content`, as a bot sends it.
 *
 * @param text JSON.
 * @throws {SendError} When it is invalid.
 */
export function checkedWidget(text: string): Widget {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SendError("Widgets: API programmer sent invalid JSON content");
  }
  const problem = problemOf(value);
  if (problem) throw new SendError(`Widgets: ${problem}`);
  const { widget_type, extra_data } = value as Widget;
  return { widget_type, extra_data };
}

/** The problem with a widget, in Zulip's words. Bots may send `zform` only. */
function problemOf(value: unknown): string | undefined {
  if (!isObject(value)) return "widget_content is not a dict";
  const { widget_type: type, extra_data: data } = value;
  if (type === undefined) return "widget_type is not in widget_content";
  if (data === undefined) return "extra_data is not in widget_content";
  if (!isObject(data)) return "extra_data is not a dict";
  if (typeof type !== "string") return "widget_type is not a string";
  if (type !== "zform") return `unknown widget type: ${type}`;
  if (data["type"] === undefined) return "zform is missing type field";
  if (typeof data["type"] !== "string") return "zform type is not a string";
  if (data["type"] !== "choices") return `unknown zform type: ${data["type"]}`;
  const { error } = CHOICES.safeParse(data);
  const [issue] = error?.issues ?? [];
  return issue && `extra_data.${issue.path.join(".")}: ${issue.message}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
