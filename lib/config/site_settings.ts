/**
 * The settings that say which Zulip server this is, for what users read. Names and defaults are
 * Zulip's.
 *
 * @module
 */

import { type Kind, oneOf, path, type Setting, text, textThat } from "./setting.ts";

/** The settings of the server as its users know it. */
export const SITE = {
  externalHost: {
    name: "EXTERNAL_HOST",
    default: "localhost",
    description: "The host, and the port if it has one, under which users reach the Zulip server",
    ...textThat(isHostAndPort, "a host name, with a port where there is one: zulip.example.com"),
  },
  scheme: {
    name: "EXTERNAL_URI_SCHEME",
    default: "https://",
    description: "The scheme of the server's addresses: https:// or http://",
    ...oneOf<"https://" | "http://">("https://", "http://"),
  },
  zulipSite: {
    name: "ZULIP_SITE",
    default: undefined,
    description: "Where a Zulip server's REST API is reached, for messages that workers send on " +
      "its database, such as https://zulip.example.com; EXTERNAL_HOST if not set",
    ...textThat(isSite, "an address without a path, such as https://zulip.example.com"),
  },
  zulipCaFile: {
    name: "ZULIP_CA_FILE",
    default: undefined,
    description: "A file with certificates (PEM) of authorities that are trusted for ZULIP_SITE " +
      "besides the usual ones",
    ...path("the path of a file"),
  },
  administrator: {
    name: "ZULIP_ADMINISTRATOR",
    default: undefined,
    description: "The address to which users turn for support; support@<EXTERNAL_HOST> if not set",
    ...emailAddress(),
  },
  installationName: {
    name: "INSTALLATION_NAME",
    default: undefined,
    description: "The server's name in the sender of mails; EXTERNAL_HOST if not set",
    ...text("the name of the server"),
  },
  physicalAddress: {
    name: "PHYSICAL_ADDRESS",
    default: undefined,
    description: "The postal address at the end of mails, if the law requires one",
    ...text("a postal address"),
  },
  language: {
    name: "LANGUAGE_CODE",
    default: "en",
    description: "The language of mails to those whose own language is not known",
    ...textThat(isLanguage, "a language, such as en or pt-BR"),
  },
  timeZone: {
    name: "TIME_ZONE",
    default: "UTC",
    description: "The time zone for users who have set none",
    ...textThat(isTimeZone, "a time zone of the IANA database, such as Europe/Berlin"),
  },
} as const satisfies Record<string, Setting<unknown>>;

/** An e-mail address without a name. */
export function emailAddress(): Kind<string> {
  return textThat(isAddress, "an e-mail address without a name, such as noreply@example.com");
}

/** Reports whether a text has the form of an e-mail address: the server decides whether it is one. */
export function isAddress(text: string): boolean {
  return /^[^\s@<>"(),;:\\[\]\p{Cc}]{1,64}@[^\s@<>"(),;:\\[\]\p{Cc}]{1,255}$/u.test(text);
}

function isHostAndPort(text: string): boolean {
  const url = URL.parse(`http://${text}/`);
  return url !== null && /^[^\s/?#@]+$/.test(text);
}

function isSite(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !["https:", "http:"].includes(url.protocol)) return false;
  return url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
}

function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text.replace("_", "-")).length === 1;
  } catch {
    return false;
  }
}

function isTimeZone(text: string): boolean {
  // The default needs no zones, which take longer to load than all other settings to read.
  if (text === "UTC") return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}
