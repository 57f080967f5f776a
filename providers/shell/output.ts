/** Reads what the programs of `scripts.ts` write, however it is cut into pieces. Pure. */

export type MarkedEvent =
  /** The command is about to start, and this is how its outputs come from now on. */
  | { readonly is: "ready"; readonly outputs: OutputForm }
  | { readonly is: "missing"; readonly program: string }
  | { readonly is: "stdout" | "stderr"; readonly bytes: Buffer }
  | { readonly is: "exit"; readonly code: number };

/**
 * `marked`: with further marks. `plain`, `paired`: without; as they are, or stdout in the two streams of `pairing.ts`, of which
 * this is that of data and stderr has the choices among its records.
 */
export type OutputForm = "marked" | "plain" | "paired";

const forms: ReadonlyMap<string, OutputForm> = new Map([
  ["r", "marked"],
  ["w", "plain"],
  ["p", "paired"],
]);

export interface MarkedOutput {
  feed(bytes: Uint8Array): MarkedEvent[];
  /** The end of what came before the command was ready: words of a shell or of a cloud that went wrong. */
  readonly before: string;
}

const RS = "\u001e";
const LONGEST_WORD = 64;
const KEPT_BEFORE = 500;

/**
 * `terminal`: between the marks is the terminal's output. `records`: those of `besideTerminal` or `besidePipes`; with
 * `ready` this is a further stream, which has records from its beginning.
 */
export function createMarkedOutput(token: string, kind: "terminal" | "records", ready = false): MarkedOutput {
  const mark = `${RS}${token}`;
  const records = createRecords();
  let phase: "before" | "within" | "as it is" | "over" = ready ? "within" : "before";
  let held = "";
  let before = "";

  /** What of the text belongs to nobody's mark. */
  const take = (text: string, events: MarkedEvent[]): void => {
    if (text === "") return;
    if (phase === "before") before = (before + text).slice(-KEPT_BEFORE);
    else if (phase === "within" && kind === "records") events.push(...records(text));
    else if (phase !== "over") events.push({ is: "stdout", bytes: Buffer.from(text, "latin1") });
  };
  const obey = (word: string, events: MarkedEvent[]): void => {
    const outputs = forms.get(word);
    if (outputs !== undefined) {
      phase = outputs === "marked" ? "within" : "as it is";
      events.push({ is: "ready", outputs });
    } else if (word.startsWith("m")) events.push({ is: "missing", program: word.slice(1) });
    else if (/^\d+$/.test(word)) {
      phase = "over";
      events.push({ is: "exit", code: Number(word) });
    }
  };

  return {
    get before() {
      return before.trim();
    },
    feed(bytes) {
      const events: MarkedEvent[] = [];
      let text = held + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
      held = "";
      while (text !== "") {
        const at = phase === "as it is" ? -1 : beginOf(text, mark);
        if (at < 0) {
          take(text, events);
          break;
        }
        take(text.slice(0, at), events);
        text = text.slice(at);
        const end = text.indexOf(RS, 1);
        if (end < 0 && text.length <= mark.length + LONGEST_WORD) {
          held = text;
          break;
        }
        if (end < 0) {
          take(RS, events);
          text = text.slice(1);
          continue;
        }
        obey(text.slice(mark.length, end), events);
        text = text.slice(end + 1);
      }
      return events;
    },
  };
}

/** Where the mark begins, whole or cut off by the text's end; -1: nowhere. */
function beginOf(text: string, mark: string): number {
  const whole = text.indexOf(mark);
  if (whole >= 0) return whole;
  const last = text.lastIndexOf(RS);
  return last >= 0 && mark.startsWith(text.slice(last)) ? last : -1;
}

/** Base64 in groups of four characters, white space anywhere, behind `:` for stdout and `;` for stderr. */
function createRecords(): (text: string) => MarkedEvent[] {
  let stream: "stdout" | "stderr" = "stdout";
  let rest = "";
  return (text) => {
    const events: MarkedEvent[] = [];
    for (const part of text.replaceAll(/\s+/g, "").split(/(?=[:;])/)) {
      const isNew = part.startsWith(":") || part.startsWith(";");
      if (isNew) stream = part.startsWith(":") ? "stdout" : "stderr";
      const letters = isNew ? part.slice(1) : rest + part;
      const whole = letters.length - (letters.length % 4);
      rest = letters.slice(whole);
      if (whole > 0) events.push({ is: stream, bytes: Buffer.from(letters.slice(0, whole), "base64") });
    }
    return events;
  };
}
