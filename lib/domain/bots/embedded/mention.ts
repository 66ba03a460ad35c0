/**
 * What is said to a bot. Pure.
 *
 * @module
 */

/** A bot as messages name it. */
export interface NamedBot {
  readonly id: number;
  readonly name: string;
}

/** A message without the mention of the bot at its beginning; as it is where there is none. */
export function withoutMention(content: string, { id, name }: NamedBot): string {
  const text = content.trimStart();
  for (const mention of [`@**${name}**`, `@**${name}|${id}**`, `@**|${id}**`]) {
    if (text.startsWith(mention)) return text.slice(mention.length).trimStart();
  }
  return content;
}
