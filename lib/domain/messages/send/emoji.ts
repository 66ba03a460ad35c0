/**
 * The emojis that a message of a worker can have by name; all others stay as they are written.
 *
 * @module
 */

/** The code points, in hexadecimal, by Zulip's names. */
export const EMOJI: Readonly<Record<string, string>> = {
  "+1": "1f44d",
  "-1": "1f44e",
  beers: "1f37b",
  bug: "1f41b",
  calendar: "1f4c5",
  check: "2705",
  clap: "1f44f",
  clock: "1f570",
  coffee: "2615",
  cross_mark: "274c",
  eyes: "1f440",
  fire: "1f525",
  heart: "2764",
  hundred_points: "1f4af",
  information: "2139",
  joy: "1f602",
  light_bulb: "1f4a1",
  lock: "1f512",
  memo: "1f4dd",
  megaphone: "1f4e3",
  package: "1f4e6",
  party_popper: "1f389",
  pray: "1f64f",
  question: "2753",
  robot: "1f916",
  rocket: "1f680",
  sad: "2639",
  slight_smile: "1f642",
  smile: "1f604",
  star: "2b50",
  tada: "1f389",
  thinking: "1f914",
  thumbs_down: "1f44e",
  thumbs_up: "1f44d",
  warning: "26a0",
  wave: "1f44b",
  working_on_it: "1f6e0",
  wrench: "1f527",
  zap: "26a1",
};
