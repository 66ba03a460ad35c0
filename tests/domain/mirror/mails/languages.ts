/**
 * How mail programs introduce quotations in other languages.
 *
 * @module
 */

import { above, QUOTED, type QuotingMail, UNMARKED } from "./mail.ts";

const ADA = "Ada Lovelace <ada@example.com>";

/** Sentences above quoted lines, by language and program. */
const SENTENCES: Readonly<Record<string, string>> = {
  "German, Gmail": `Am Mo., 30. Nov. 2026 um 10:12 Uhr schrieb Ada Lovelace <\nada@example.com>:`,
  "German, Thunderbird": "Am 30.11.26 um 10:12 schrieb Ada Lovelace:",
  "German, Apple Mail": `Am 30.11.2026 um 10:12 schrieb ${ADA}:`,
  "German, GMX":
    `Gesendet: Montag, 30. November 2026 um 10:12 Uhr\nVon: "Ada" <ada@example.com>\n` +
    "An: ben@example.com\nBetreff: Mittag",
  "French, Gmail": `Le lun. 30 nov. 2026 à 10:12, Ada Lovelace <ada@example.com> a\nécrit :`,
  "French, Thunderbird": "Le 30/11/2026 à 10:12, Ada Lovelace a écrit :",
  "Spanish, Gmail": `El lun, 30 nov 2026 a las 10:12, Ada Lovelace (<ada@example.com>)\nescribió:`,
  "Catalan, Gmail": `Missatge de ${ADA} del dia dl., 30 de nov. 2026\na les 10:12:`,
  "Italian, Gmail":
    `Il giorno lun 30 nov 2026 alle ore 10:12 Ada Lovelace <\nada@example.com> ha scritto:`,
  "Italian, Apple Mail": `Il giorno 30 nov 2026, alle ore 10:12, ${ADA} ha scritto:`,
  "Portuguese, Gmail": `Em seg., 30 de nov. de 2026 às 10:12, ${ADA}\nescreveu:`,
  "Dutch, Gmail": `Op ma 30 nov 2026 om 10:12 schreef ${ADA}:`,
  "Swedish, Gmail": `Den mån 30 nov. 2026 kl 10:12 skrev ${ADA}:`,
  "Danish, Gmail": `Den man. 30. nov. 2026 kl. 10.12 skrev Ada Lovelace <\nada@example.com>:`,
  "Norwegian, Outlook": `Fra: ${ADA}\nSendt: mandag 30. november 2026 10:12\nTil: Ben\nEmne: Lunsj`,
  "Finnish, Gmail": `ma 30. marrask. 2026 klo 10.12 ${ADA} kirjoitti:`,
  "Polish, Gmail": `pon., 30 lis 2026 o 10:12 ${ADA} napisał(a):`,
  "Polish, Thunderbird": "W dniu 30.11.2026 o 10:12, Ada Lovelace pisze:",
  "Czech, Gmail": `po 30. 11. 2026 v 10:12 odesílatel ${ADA}\nnapsal:`,
  "Slovak, Gmail": `po 30. 11. 2026 o 10:12 ${ADA} napísal(a):`,
  "Hungarian, Gmail":
    `Ada Lovelace <ada@example.com> ezt írta (időpont: 2026. nov. 30., H,\n10:12):`,
  "Romanian, Gmail": `În lun., 30 nov. 2026 la 10:12, ${ADA} a scris:`,
  "Russian, Gmail": `пн, 30 нояб. 2026 г. в 10:12, ${ADA}:`,
  "Russian, mail.ru": `Понедельник, 30 ноября 2026, 10:12 +03:00 от ${ADA}:`,
  "Russian, Yandex": `30.11.2026, 10:12, "Ada Lovelace" <ada@example.com>:`,
  "Russian, Thunderbird": "30.11.2026 10:12, Ada Lovelace пишет:",
  "Ukrainian, Gmail": `пн, 30 лист. 2026 р. о 10:12 ${ADA} пише:`,
  "Greek, Gmail": `Στις Δευ 30 Νοε 2026 στις 10:12 π.μ., ο χρήστης ${ADA}\nέγραψε:`,
  "Turkish, Gmail": `Ada Lovelace <ada@example.com>, 30 Kas 2026 Pzt, 10:12 tarihinde şunu yazdı:`,
  "Hebrew, Gmail":
    `\u200Fבתאריך יום ב׳, 30 בנוב׳ 2026 ב-10:12 מאת Ada Lovelace <\u202Aada@example.com\u202C>:`,
  "Arabic, Gmail": `في الاثنين، 30 نوفمبر 2026 في 10:12 ص كتب ${ADA}:`,
  "Hindi, Gmail": `सोम, 30 नव॰ 2026 को 10:12 बजे को ${ADA} ने लिखा:`,
  "Vietnamese, Gmail": `Vào Th 2, 30 thg 11, 2026 vào lúc 10:12 ${ADA} đã viết:`,
  "Indonesian, Gmail": `Pada tanggal Sen, 30 Nov 2026 pukul 10.12 ${ADA}\nmenulis:`,
  "Japanese, Gmail": `2026年11月30日(月) 10:12 ${ADA}:`,
  "Chinese, Gmail": `Ada Lovelace <ada@example.com> 于2026年11月30日周一 10:12写道：`,
  "Korean, Gmail": `2026년 11월 30일 (월) 오전 10:12, Ada Lovelace <ada@example.com>님이 작성:`,
};

/** Lines of dashes with headers below. */
const LINES: Readonly<Record<string, readonly [line: string, headers: string]>> = {
  "German, Outlook": [
    "-----Ursprüngliche Nachricht-----",
    `Von: ${ADA}\nGesendet: Montag, 30. November 2026 10:12\nAn: Ben\nBetreff: Mittag`,
  ],
  "German, Samsung": [
    "-------- Ursprüngliche Nachricht --------",
    "Von: Ada <ada@example.com>\nDatum: 30.11.26 10:12 (GMT+01:00)\nAn: Ben\nBetreff: Mittag",
  ],
  "French, Outlook": [
    "-----Message d'origine-----",
    `De : ${ADA}\nEnvoyé : lundi 30 novembre 2026 10:12\nÀ : Ben\nObjet : Déjeuner`,
  ],
  "Spanish, Outlook": [
    "-----Mensaje original-----",
    `De: ${ADA}\nEnviado el: lunes, 30 de noviembre de 2026 10:12\nPara: Ben\nAsunto: Comida`,
  ],
  "Russian, Outlook": [
    "-----Исходное сообщение-----",
    `От: ${ADA}\nОтправлено: 30 ноября 2026 г. 10:12\nКому: Ben\nТема: Обед`,
  ],
  "Chinese, QQ": [
    "------------------ 原始邮件 ------------------",
    `发件人: "Ada" <ada@example.com>;\n发送时间: 2026年11月30日(星期一) 上午10:12\n收件人: "Ben"\n主题: 午饭`,
  ],
  "Japanese, Outlook": [
    "________________________________",
    "差出人: Ada <ada@example.com>\n送信日時: 2026年11月30日 10:12\n宛先: Ben\n件名: 昼食",
  ],
  "Korean, Naver": [
    "-----Original Message-----",
    "보낸사람: Ada <ada@example.com>\n받는사람: Ben\n제목: 점심\n날짜: 2026년 11월 30일 10:12",
  ],
};

/** Mails that answer in other languages. */
export const LANGUAGES: readonly QuotingMail[] = [
  ...Object.entries(SENTENCES).map(([name, line]) => above(name, `${line}\n\n${QUOTED}`)),
  ...Object.entries(SENTENCES).map(([name, line]) =>
    above(`${name}, not marked`, `${line}\n\n${UNMARKED}`)
  ),
  ...Object.entries(LINES).map(([name, [line, headers]]) =>
    above(name, `${line}\n${headers}\n\n${UNMARKED}`)
  ),
];
