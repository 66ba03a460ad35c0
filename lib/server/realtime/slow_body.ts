/**
 * The body of an answer whose reader may be slow, or not read at all.
 *
 * @module
 */

/** The bytes that are handed to the system at once. */
const PIECE = 65_536;
/** How long a reader may take, in ms. Then it does not get the rest. */
const MOST_MS = 60_000;

/** What a body is made of. */
export interface SlowBodyOptions {
  /** The text, when it is there. */
  readonly text: Promise<string>;
  /** Called when the reader has left before the end. */
  readonly onLeft: () => void;
  /** @default {60 s, in ms} */
  readonly mostMs?: number;
}

/** A body that does not hold its text for longer than its reader may take. */
export function slowBody(
  { text, onLeft, mostMs = MOST_MS }: SlowBodyOptions,
): ReadableStream<Uint8Array> {
  let rest: Uint8Array | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLeft = false;
  const end = () => {
    clearTimeout(timer);
    rest = undefined;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!timer) {
        rest = new TextEncoder().encode(await text);
        if (isLeft) return;
        timer = setTimeout(() => {
          end();
          controller.error(new Error(`The answer was not read within ${mostMs / 1000} s`));
        }, mostMs);
      }
      const piece = rest?.subarray(0, PIECE);
      if (!piece) return;
      rest = rest?.subarray(PIECE);
      controller.enqueue(piece);
      if (rest?.length) return;
      end();
      controller.close();
    },
    cancel() {
      isLeft = true;
      end();
      onLeft();
    },
  }, { highWaterMark: 0 });
}
