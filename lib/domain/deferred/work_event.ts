/**
 * The events of the queue `deferred_work`, as Zulip's servers of all ages publish them.
 *
 * @module
 */

import { z } from "zod";

const id = z.int32().positive();
const rowId = z.int().positive();
/** Since 1970, up to the year 9999. */
const seconds = z.number().min(0).max(253_402_300_799);

const KNOWN = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("mark_stream_messages_as_read"),
    user_profile_id: id,
    stream_recipient_ids: z.array(id),
  }),
  z.object({
    type: z.literal("mark_stream_messages_as_read_for_everyone"),
    stream_recipient_id: id,
    min_id: z.int32().nonnegative().default(0),
  }),
  z.object({ type: z.literal("clear_push_device_tokens"), user_profile_id: id }),
  z.object({ type: z.literal("soft_reactivate"), user_profile_id: id }),
  z.object({
    type: z.literal("realm_export"),
    user_profile_id: id,
    realm_export_id: rowId.optional(),
    // Servers before Zulip 10 have an entry of the audit log instead.
    id: rowId.optional(),
    time: seconds.optional(),
  }).refine(
    ({ realm_export_id, id }) => realm_export_id !== undefined || id !== undefined,
    { message: "realm_export_id is missing", path: ["realm_export_id"] },
  ),
]);

/** The types that are done here. */
export const TYPES: readonly string[] = KNOWN.options.map(({ shape }) => shape.type.value);

/** The names of all fields, which messages about an event may say. */
const FIELDS = Object.fromEntries(
  KNOWN.options.flatMap(({ shape }) => Object.keys(shape))
    .map((name) => [name, z.unknown().optional()]),
);

/** An event; of a type that is not done here, or that nobody knows, only its name. */
export type WorkEvent =
  | z.infer<typeof KNOWN>
  | { readonly type: "other"; readonly name: string };

/** The event of one type. */
export type WorkOf<Type extends WorkEvent["type"]> = Extract<WorkEvent, { type: Type }>;

/** What an event must be; of types that are done here, other keys are ignored. */
export const workEvent: z.ZodType<WorkEvent> = z.looseObject({ ...FIELDS, type: z.string() })
  .transform((event, ctx): WorkEvent => {
    if (!TYPES.includes(event.type)) return { type: "other", name: event.type };
    const { data, error } = KNOWN.safeParse(event);
    if (data) return data;
    // A union would say only that no option fits.
    ctx.issues.push(...error.issues as typeof ctx.issues);
    return z.NEVER;
  });

/** Events of one key run one after another: they are about the same rows. */
export function orderOf(event: WorkEvent): string {
  if ("stream_recipient_id" in event) return `channel ${event.stream_recipient_id}`;
  return "user_profile_id" in event ? `user ${event.user_profile_id}` : event.name;
}
