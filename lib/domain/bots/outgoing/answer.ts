/**
 * What a webhook's answer says. Pure.
 *
 * @module
 */

import { checkedWidget } from "../../messages/send/widget.ts";
import { SendError, type Widget } from "../../messages/send/new_message.ts";

/** What the bot says. */
export interface Reply {
  /** Markdown. */
  readonly content: string;
  readonly widget: Widget | undefined;
}

/** The answer of a webhook is invalid; the text is for users. */
export class AnswerError extends Error {
  /** Always `AnswerError`. */
  override readonly name = "AnswerError";
}

/**
 * The bot's reply.
 *
 * @param body The answer's.
 * @param isSlack Whether the service speaks Slack's format.
 * @returns `undefined` where the bot says nothing.
 * @throws {AnswerError} When it is no JSON object.
 * @throws {SendError} When its widget is invalid.
 */
export function replyOf(body: string, isSlack: boolean): Reply | undefined {
  const answer = objectOf(body);
  if (!answer) return undefined;
  const content = contentOf(answer, isSlack);
  if (content.trim() === "") return undefined;
  const widget = isSlack ? undefined : answer["widget_content"];
  return { content, widget: widget === undefined ? undefined : widgetOf(widget) };
}

/** @returns `undefined` for the JSON string `""`. */
function objectOf(body: string): Record<string, unknown> | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new AnswerError("Invalid JSON in response");
  }
  if (answer === "") return undefined;
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    throw new AnswerError("Invalid response format");
  }
  return answer as Record<string, unknown>;
}

function contentOf(answer: Record<string, unknown>, isSlack: boolean): string {
  if (isSlack) return textOf(answer["text"]);
  if (answer["response_not_required"] === true) return "";
  return textOf(answer["response_string"] ?? answer["content"]);
}

/** Bots may answer with a number. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function widgetOf(value: unknown): Widget {
  if (typeof value === "string") return checkedWidget(value);
  throw new SendError("Widgets: API programmer sent invalid JSON content");
}
