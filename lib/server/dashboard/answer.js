/**
 * What a request answers, for the screens that ask for more than the stream brings.
 *
 * @module
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "./api.js";
import { useLive } from "./live.js";

/**
 * What a request answers, asked again when `values` change, and with `isLive` at each view, unless an
 * answer is on its way still.
 *
 * @returns `{ data, error, reload }`; the data of other keys is not kept.
 */
export function useAnswer(segments, values, { isLive = false } = {}) {
  const { view } = useLive();
  const key = JSON.stringify([segments, values]);
  const [answer, setAnswer] = useState({ key: null, data: null, error: null });
  const [turn, setTurn] = useState(0);
  const asked = useRef(null);
  const ask = () => {
    const controller = new AbortController();
    const settle = (more) => {
      if (controller.signal.aborted) return;
      asked.current = null;
      setAnswer((old) => ({
        ...(old.key === key ? old : { data: null }),
        error: null,
        ...more,
        key,
      }));
    };
    asked.current = controller;
    get(segments, values, controller.signal)
      .then((data) => settle({ data }), (error) => settle({ error }));
  };
  useEffect(() => {
    ask();
    return () => {
      asked.current?.abort();
      asked.current = null;
    };
  }, [key, turn]);
  useEffect(() => {
    if (isLive && !asked.current) ask();
  }, [isLive ? view : null]);
  const known = answer.key === key ? answer : { data: null, error: null };
  return { data: known.data, error: known.error, reload: () => setTurn((count) => count + 1) };
}
