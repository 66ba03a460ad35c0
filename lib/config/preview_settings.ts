/**
 * The settings of link previews. Names and defaults are Zulip's.
 *
 * @module
 */

import { type Setting, text, textThat, yesOrNo } from "./setting.ts";

/** The settings of link previews. */
export const PREVIEW = {
  isEnabled: {
    name: "INLINE_URL_EMBED_PREVIEW",
    default: "true",
    description: "Whether links in messages may have previews; each organization chooses as well",
    ...yesOrNo(),
  },
  camoUri: {
    name: "CAMO_URI",
    default: undefined,
    description: "Where users load the images of others from, a proxy (camo): /external_content/ " +
      "on a Zulip server; if not set, from where the images are",
    ...textThat(
      isCamoUri,
      "a path or an http(s) address that ends in /, such as /external_content/",
    ),
  },
  camoKey: {
    name: "CAMO_KEY",
    default: undefined,
    description: "The key of that proxy: camo_key in a Zulip server's secrets",
    secret: "whole",
    ...text("the key of the proxy"),
  },
} as const satisfies Record<string, Setting<unknown>>;

function isCamoUri(text: string): boolean {
  return /^(\/|https?:\/\/)([^\s"'\\<>?#]*\/)?$/.test(text) &&
    URL.canParse(text, "https://localhost/");
}
