/**
 * The words by which mail programs introduce what a mail answers or forwards, in many languages.
 *
 * @module
 */

/** Verbs of lines such as `On Monday, Ada wrote:`. */
const WROTE = [
  "wrote|writes", // English
  "schrieb|geschrieben|schreibt", // German
  "a écrit|a ecrit|écrivait", // French
  "escribió|escribio|va escriure|ha escrit|escribiu|idatzi du", // Spanish and its neighbours
  "ha scritto|scrive|scriveva", // Italian
  "escreveu|escrito por", // Portuguese
  "schreef|het volgende geschreven", // Dutch
  "skrev|skreiv|følgende", // Danish, Norwegian, Swedish
  "kirjoitti|kirjutas", // Finnish, Estonian
  "napisał|napisała|napisał\\(a\\)|pisze", // Polish
  "napsal|napsala|napsal\\(a\\)|napísal|napísala|napísal\\(a\\)", // Czech, Slovak
  "je napisao|je napisala|је написао|је написала|je napisal", // Croatian, Serbian, Slovenian
  "írta|ezt írta", // Hungarian
  "a scris", // Romanian
  "написал|написала|написал\\(а\\)|пишет|писал|писала", // Russian
  "написав|написала|пише|написа", // Ukrainian, Bulgarian
  "yazdı|tarihinde", // Turkish
  "έγραψε", // Greek
  "rašė|rakstīja", // Lithuanian, Latvian
  "menulis|telah menulis|đã viết|viết|เขียน", // Indonesian, Vietnamese, Thai
  "كتب|كتبت|נכתב|כתב|כתבה|כתב/ה|نوشت", // Arabic, Hebrew, Persian
  "ने लिखा", // Hindi
];

/** Likewise, in languages that write no spaces around them: Chinese, Japanese, Korean. */
const WROTE_UNSPACED = ["写道|寫道|写到", "書きました|のメール", "작성|썼습니다"];

/** What stands between dashes above an answered mail. */
const ORIGINAL = [
  "original message|original appointment|original email|reply message|reply",
  "ursprüngliche nachricht|originalnachricht|ursprünglicher termin|original-nachricht",
  "message d'origine|message original|message initial|mail original",
  "mensaje original|messaggio originale|mensagem original|missatge original",
  "oorspronkelijk bericht|oorspronkelijke bericht|origineel bericht",
  "oprindelig meddelelse|ursprungligt meddelande|originalmeddelande|opprinnelig melding",
  "alkuperäinen viesti|původní zpráva|původní e-mail|pôvodná správa|oryginalna wiadomość",
  "wiadomość oryginalna|eredeti üzenet|mesaj original|исходное сообщение|оригинално съобщение",
  "оригинальное сообщение|вихідне повідомлення|orijinal mesaj|özgün ileti|αρχικό μήνυμα",
  "izvorna poruka|originalna poruka|izvirno sporočilo|pesan asli|tin nhắn gốc",
  "原始邮件|原始郵件|邮件原件|元のメッセージ|original message|원본 메시지|원본 메일|הודעה מקורית",
  "الرسالة الأصلية",
];

/** What stands above a forwarded mail. */
const FORWARDED = [
  "forwarded message|forwarded email|begin forwarded message|fwd|forwarded by .*",
  "weitergeleitete nachricht|anfang der weitergeleiteten (?:e-mail|nachricht)",
  "message transféré|message réexpédié|début du message (?:réexpédié|transféré)",
  "mensaje reenviado|inicio del mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato",
  "mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada",
  "doorgestuurd bericht|begin doorgestuurd bericht|videresendt (?:besked|melding)",
  "vidarebefordrat (?:meddelande|brev)|välitetty viesti|przekazana wiadomość|přeposlaná zpráva",
  "treść przekazanej wiadomości|továbbított üzenet|пересылаемое сообщение|переслане повідомлення",
  "yönlendirilen ileti|iletilmiş mesaj|转发的邮件|轉寄的郵件|転送されたメッセージ|전달된 메시지",
];

/** The names of headers, as programs write them above an answered mail. */
const FROM = [
  "from|von|de|da|van|från|fra|lähettäjä|od|odesílatel|odosielateľ|feladó|de la|expeditor",
  "от|від|от кого|kimden|gönderen|από|expéditeur|mittente|remitente|remetente|afzender|avsändare",
  "差出人|发件人|寄件者|寄件人|보낸 사람|보낸사람|מאת|من|dari|từ|จาก|šalje|pošiljatelj|saatja|no|nuo",
];
const OTHERS = [
  "sent|date|to|cc|subject|reply-to|sent by|importance|attachments|attach|bcc",
  "gesendet|datum|an|betreff|kopie|antwort an|envoyé|envoyé le|à|objet|copie à|date d'envoi",
  "enviado|enviado el|enviada em|fecha|para|asunto|assunto|data|inviato|a|oggetto|cc:",
  "verzonden|aan|onderwerp|skickat|skickat den|till|ämne|sendt|til|emne|lähetetty",
  "vastaanottaja|aihe|kopio|wysłano|do|temat|dw|data wysłania|odesláno|komu|předmět|kopie",
  "odoslané|predmet|küldve|címzett|tárgy|elküldve|trimis|către|subiect",
  "отправлено|дата|кому|тема|копия|надіслано|изпратено|до|относно|gönderildi|tarih|kime|konu|bilgi",
  "απεσταλμένα|στάλθηκε|ημερομηνία|προς|θέμα|poslano|za|naslov|zadeva",
  "送信日時|日時|宛先|件名|日付|发送时间|收件人|主题|抄送|日期|寄件日期|收件者|主旨|副本",
  "보낸 날짜|날짜|받는 사람|받는사람|제목|참조|נשלח|אל|נושא|תאריך|تاريخ الإرسال|إلى|الموضوع",
  "dikirim|kepada|perihal|subjek|ngày|đến|tới|chủ đề|ส่ง|ถึง|หัวเรื่อง|tema|saadetud",
];

/** Words that begin a line such as `On Monday, Ada wrote:`. */
const OPENERS = [
  "on|am|le|el|il|op|em|den|på|dne|dňa|dnia|w dniu|la data de|în|pe|na|dana|στις|в|у",
  "at|lun|mar|mié|mer|jue|gio|vie|ven|sáb|sab|dom|pon|wt|śr|czw|pt|mon|tue|wed|thu|fri|sat|sun",
  "pada|vào|ngày|tarihinde|a|ma|ti|ke|to|pe|la|su|p|ven\\.|mån|tis|ons|tors|fre|lör|sön",
];

const any = (words: readonly string[]): string => words.join("|");

/** A verb of a line that introduces a quotation. */
export const WROTE_WORD: RegExp = new RegExp(
  `(?:^|[^\\p{L}])(?:${any(WROTE)})(?:$|[^\\p{L}])|${any(WROTE_UNSPACED)}`,
  "iu",
);

/** A line of dashes around words for the mail that is answered. */
export const ORIGINAL_LINE: RegExp = new RegExp(
  `^[\\s>*_]*[-–—_]{2,}[\\s*]*(?:${any(ORIGINAL)})[\\s*:]*[-–—_]{2,}[\\s*]*$`,
  "iu",
);

/** A line above a forwarded mail. */
export const FORWARD_LINE: RegExp = new RegExp(
  `^[\\s>*_]*(?:[-–—_=]{2,}[\\s*]*(?:${any(FORWARDED)})[\\s*:]*[-–—_=]{2,}|` +
    `(?:${any(FORWARDED)})\\s*[:：])[\\s*]*$`,
  "iu",
);

/** A header as it stands above an answered mail: who sent it. */
export const FROM_LINE: RegExp = headerLine(FROM);
/** Likewise: any of them. */
export const HEADER_LINE: RegExp = headerLine([...FROM, ...OTHERS]);

function headerLine(words: readonly string[]): RegExp {
  return new RegExp(`^[\\s>*_]*(?:${any(words)})[\\s*_]*[:：]`, "iu");
}

/** The beginning of a line that introduces a quotation and goes on in the next line. */
export const OPENER: RegExp = new RegExp(`^[\\s*_]*(?:${any(OPENERS)})[\\s,.]`, "iu");
