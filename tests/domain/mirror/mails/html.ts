/**
 * HTML of mails as mail programs write it.
 *
 * @module
 */

import { OWN, type QuotingMail } from "./mail.ts";

const FIRST = "Works for me: at 12, by the door.";
const MAIL_TO = '&lt;<a href="mailto:ada@example.com">ada@example.com</a>&gt;';
const WROTE = `On Mon, Nov 30, 2026 at 10:12 AM Ada Lovelace ${MAIL_TO} wrote:`;
const HELLO = "<div>Lunch on Monday?</div><div><br></div><div>Ada</div>";
/** The text in `<div>`s, as most programs write it. */
const DIVS = `<div>${FIRST}</div><div><br></div><div>Ben</div>`;

const gmail = (quotation: string) =>
  `<div dir="ltr">${DIVS}</div><br><div class="gmail_quote gmail_quote_container">${quotation}</div>`;
const outlook = (quotation: string, names = ["From", "Sent", "To", "Subject"]) => {
  const [from, sent, to, subject] = names;
  return `<b>${from}:</b> Ada Lovelace &lt;ada@example.com&gt;<br><b>${sent}:</b> 30 November 2026 ` +
    `10:12<br><b>${to}:</b> Ben Okafor<br><b>${subject}:</b> Lunch${quotation}`;
};
const word = (text: string) => `<p class="MsoNormal">${text}<o:p></o:p></p>`;
const WORDS = word(FIRST) + word("<o:p>&nbsp;</o:p>") + word("Ben");

/** Mails that answer. */
export const HTML: readonly QuotingMail[] = [
  {
    name: "Gmail",
    text: gmail(
      `<div dir="ltr" class="gmail_attr">${WROTE}<br></div><blockquote class="gmail_quote" ` +
        `style="margin:0px 0px 0px 0.8ex">${HELLO}</blockquote>`,
    ),
  },
  {
    name: "Gmail, older",
    text: gmail(`${WROTE}<br><blockquote class="gmail_quote">${HELLO}</blockquote>`),
  },
  {
    name: "Gmail in a language that no rule knows",
    text: gmail(
      `<div class="gmail_attr">Nin 30-a, Ada kribris ion<br></div><blockquote class="gmail_quote">` +
        `${HELLO}</blockquote>`,
    ),
  },
  {
    name: "Gmail, the answer below",
    text: `<div class="gmail_quote"><div class="gmail_attr">${WROTE}<br></div><blockquote ` +
      `class="gmail_quote">${HELLO}</blockquote></div>${DIVS}`,
  },
  {
    name: "Gmail, answers between: all stays",
    text:
      `<div class="gmail_quote"><div class="gmail_attr">Ada wrote:<br></div><blockquote>Monday?` +
      `</blockquote><div>Yes.</div><blockquote>Noon?</blockquote><div>No.</div></div>`,
    own: "Ada wrote:\n\n> Monday?\n\nYes.\n\n> Noon?\n\nNo.",
  },
  {
    name: "Apple Mail",
    text:
      `<html><body>${DIVS}<div><br><blockquote type="cite"><div>On 30 Nov 2026, at 10:12, Ada ` +
      `${MAIL_TO} wrote:</div><br class="Apple-interchange-newline"><div>${HELLO}</div></blockquote>` +
      "</div></body></html>",
  },
  {
    name: "iPhone, with its line, which stays",
    text:
      `<div dir="ltr">${DIVS}</div><div dir="ltr"><br>Sent from my iPhone</div><div dir="ltr">` +
      `<br><blockquote type="cite">On 30 Nov 2026, at 10:12, Ada wrote:<br><br></blockquote></div>` +
      `<blockquote type="cite"><div dir="ltr">${HELLO}</div></blockquote>`,
    own: `${OWN}\n\nSent from my iPhone`,
  },
  {
    name: "Thunderbird",
    text: `<html><body><p>${FIRST}</p><p>Ben<br></p><div class="moz-cite-prefix">On 30/11/2026 ` +
      `10:12, Ada Lovelace wrote:<br></div><blockquote type="cite" cite="mid:1@example.com">` +
      `${HELLO}</blockquote></body></html>`,
  },
  {
    name: "Thunderbird, in Welsh",
    text: `<p>${FIRST}</p><p>Ben</p><div class="moz-cite-prefix">Ar 30/11/2026, ysgrifennodd Ada` +
      `<br></div><blockquote type="cite">${HELLO}</blockquote>`,
  },
  {
    name: "Outlook",
    text: `<body><div class="WordSection1">${WORDS}<div><div style="border:none;border-top:solid ` +
      `#E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">${word(outlook(""))}</div></div>${
        word("Lunch on Monday?")
      }</div></body>`,
  },
  {
    name: "Outlook, in a language that no rule knows",
    text:
      `<div class="WordSection1">${WORDS}<div style="border:none;border-top:solid #B5C4DF 1.0pt">${
        word(outlook("", ["Oddiwrth", "Anfonwyd", "At", "Pwnc"]))
      }</div>${word("Cinio?")}</div>`,
  },
  {
    name: "Outlook on the web",
    text: `<div class="elementToProof">${FIRST}</div><div><br></div><div>Ben</div>` +
      '<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">' +
      `<div id="divRplyFwdMsg" dir="ltr"><font>${outlook("</font><div>&nbsp;</div></div>")}` +
      `<div class="BodyFragment">${HELLO}</div>`,
  },
  {
    name: "Outlook for iOS",
    text: `<div>${FIRST}</div><div><br></div><div>Ben</div>` +
      `<div class="ms-outlook-mobile-reference-message skipProofing"><hr>${outlook("<br>")}` +
      `${HELLO}</div>`,
  },
  {
    name: "Outlook for Mac",
    text:
      `<div>${WORDS}<div id="mail-editor-reference-message-container"><div><div style="border:` +
      `none;border-top:solid #B5C4DF 1.0pt">${word(outlook(""))}</div>${HELLO}</div></div></div>`,
  },
  {
    name: "Outlook, in German",
    text: `${WORDS}<p class="MsoNormal">${
      outlook("</p>", ["Von", "Gesendet", "An", "Betreff"])
    }${HELLO}`,
  },
  {
    name: "Windows Mail",
    text:
      `<div>${WORDS}<div style="mso-element:para-border-div;border:none;border-top:solid #E1E1E1 ` +
      `1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">${
        outlook("</p></div>")
      }${HELLO}</div>`,
  },
  {
    name: "Yahoo",
    text: `<div class="ydp1yahoo-style-wrap">${DIVS}</div><div id="ydp1yahoo_quoted" ` +
      `class="yahoo_quoted"><div>On Monday, November 30, 2026 at 10:12 AM, Ada ${MAIL_TO} wrote:` +
      `</div><div><br></div>${HELLO}</div>`,
  },
  {
    name: "Proton",
    text:
      `<div style="font-family:Arial">${DIVS}</div><div class="protonmail_quote"><br>On Monday, ` +
      `November 30th, 2026 at 10:12 AM, Ada ${MAIL_TO} wrote:<br><blockquote ` +
      `class="protonmail_quote" type="cite">${HELLO}</blockquote><br></div>`,
  },
  {
    name: "GMX and Web.de",
    text: `<div>${DIVS}<div>&nbsp;</div><div name="quote" style="border-left:2px solid #C3D9E5">` +
      `<div><b>Gesendet:</b> Montag, 30. November 2026 um 10:12 Uhr<br/><b>Von:</b> "Ada"<br/>` +
      `<b>An:</b> ben@example.com<br/><b>Betreff:</b> Mittag</div>${HELLO}</div></div>`,
  },
  {
    name: "Tuta",
    text: `${DIVS}<br><div>30 Nov 2026, 10:12 by ada@example.com:<br></div><blockquote ` +
      `class="tutanota_quote">${HELLO}</blockquote>`,
  },
  {
    name: "Fastmail",
    text:
      `${DIVS}<div><br></div><div>On Mon, Nov 30, 2026, at 10:12, Ada Lovelace wrote:<br></div>` +
      `<blockquote type="cite" id="qt">${HELLO}</blockquote>`,
  },
  {
    name: "Zoho",
    text: `<div>${DIVS}<br></div><div class="zmail_extra"><br>---- On Mon, 30 Nov 2026 10:12:31 ` +
      `+0100 <b>Ada ${MAIL_TO}</b> wrote ---<br><br></div><blockquote>${HELLO}</blockquote>`,
  },
  {
    name: "mail.ru",
    text: `${DIVS}<br><blockquote style="border-left:1px solid #0857A6">Понедельник, 30 ноября ` +
      `2026, 10:12 +03:00 от Ada ${MAIL_TO}:<br>${HELLO}</blockquote>`,
  },
  {
    name: "Yandex",
    text: `${DIVS}<div><br></div><div>30.11.2026, 10:12, "Ada" ${MAIL_TO}:</div><blockquote>` +
      `${HELLO}</blockquote>`,
  },
  {
    name: "QQ",
    text:
      `${DIVS}<div><br></div><div style="font-size:12px">------------------&nbsp;原始邮件&nbsp;` +
      '------------------</div><div style="background:#efefef"><div><b>发件人:</b> "Ada"</div><div>' +
      "<b>发送时间:</b> 2026年11月30日</div><div><b>收件人:</b> Ben</div><div><b>主题:</b> 午饭</div>" +
      `</div>${HELLO}`,
  },
];

/** Mails of which all is the author's. */
export const WHOLE_HTML: readonly QuotingMail[] = [
  {
    name: "forwarded by Gmail",
    text: gmail(
      '<div class="gmail_attr">---------- Forwarded message ---------<br>From: Ada<br></div>' +
        "<div>Lunch?</div>",
    ),
    own: `${OWN}\n\n---------- Forwarded message ---------\nFrom: Ada\nLunch?`,
  },
  {
    name: "forwarded by Yahoo",
    text: `${DIVS}<div class="yahoo_quoted"><div>----- Forwarded Message -----</div>Lunch?</div>`,
    own: `${OWN}\n\n> ----- Forwarded Message -----\n> Lunch?`,
  },
  {
    name: "a quote of a book, no answer",
    text: `<p>As the book says:</p><blockquote>Eat<br>your<br>greens</blockquote>`,
    own: "As the book says:\n\n> Eat\n> your\n> greens",
    isReply: false,
  },
];
