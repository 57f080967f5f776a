/** What a session's messages say of the command in it. Pure. */
import { payloadTypes } from "../../aws/ssm-session/message.ts";
import { createMarkedOutput, type MarkedEvent, type OutputForm } from "../../shell/output.ts";
import { createPairing, withoutChoices } from "../../shell/pairing.ts";

/**
 * `terminal`, `records`: a program of `providers/shell` on a terminal; `pipes`: the one that has two outputs; `plain`: the command
 * itself, with both outputs and its code from the agent.
 */
export type ReadingKind = "terminal" | "records" | "pipes" | "plain";

/** How a session ended. `no shell`: nothing has run. */
export type Ending =
  | { readonly is: "code"; readonly code: number }
  | { readonly is: "no shell" }
  | { readonly is: "trouble"; readonly sentence: string };

export interface Reading {
  /** A message of one of `payloadTypes`. */
  take(type: number, bytes: Buffer): readonly MarkedEvent[];
  /** The session is over; `words`: the agent's last ones. */
  end(words: string): Ending;
}

/** Of the agent, where a program is not in the container (Go's os/exec). */
const absent = /exec: "([^"]*)": executable file not found(?: in \$PATH)?|fork\/exec (\S+): no such file or directory/;
const unstarted = /^(Error occurred starting the command|Unable to start command): /;

export function createReading(kind: ReadingKind, token: string): Reading {
  const out = createMarkedOutput(token, kind === "terminal" ? "terminal" : "records");
  const err = createMarkedOutput(token, "records", true);
  const pairing = createPairing();
  let phase: "before" | OutputForm = kind === "plain" ? "plain" : "before";
  let early = "";
  let code: number | undefined;
  let agentSays = "";
  let heard = false;

  const errors = (bytes: Buffer): readonly MarkedEvent[] => {
    // The agent's own words come here too: instead of the command's, or after its exit code.
    if (code !== undefined || (!heard && unstarted.test(bytes.toString("latin1")))) {
      agentSays += bytes.toString("utf8");
      return [];
    }
    heard = true;
    if (phase === "plain") return [{ is: "stderr", bytes }];
    if (phase === "marked") return err.feed(bytes);
    if (phase === "paired") {
      const { choices, rest } = withoutChoices(bytes);
      return [...stdout(pairing.choices(choices)), ...err.feed(rest)];
    }
    early += bytes.toString("latin1");
    return [];
  };
  const outputs = (bytes: Buffer): readonly MarkedEvent[] => {
    heard = true;
    if (kind === "plain") return [{ is: "stdout", bytes }];
    if (phase === "paired") return stdout(pairing.data(bytes));
    const events = out.feed(bytes);
    const ready = events.find((event) => event.is === "ready");
    const exit = events.find((event) => event.is === "exit");
    if (exit?.is === "exit") code = exit.code;
    if (ready?.is !== "ready") return events;
    phase = ready.outputs;
    const isPaired = phase === "paired";
    const told = events.flatMap((one) => (isPaired && one.is === "stdout" ? stdout(pairing.data(one.bytes)) : [one]));
    return early === "" ? told : [...told, ...errors(Buffer.from(early, "latin1"))];
  };
  return {
    take(type, bytes) {
      if (type === payloadTypes.output) return outputs(bytes);
      if (type === payloadTypes.stderr || type === payloadTypes.error) return errors(bytes);
      if (type === payloadTypes.exitCode) code = Number(/^EXIT_CODE: (-?\d+)$/.exec(bytes.toString())?.[1] ?? -1);
      return [];
    },
    end(words) {
      const said = sentenceOf(`${agentSays}\n${words}`);
      const missing = absent.exec(said);
      if (missing !== null && (missing[1] ?? missing[2]) === "sh" && kind !== "plain") return { is: "no shell" };
      if (missing !== null && (phase === "before" || phase === "plain")) return { is: "trouble", sentence: missing[0] };
      // Go tells no code of a command that a signal has ended.
      if (code === -1)
        return { is: "trouble", sentence: "a signal has ended the command, and the agent does not tell which" };
      if (code === 0 && phase === "paired" && !pairing.whole)
        return { is: "trouble", sentence: "the command's output has not come to its end" };
      if (code !== undefined && said === "") return { is: "code", code };
      const last = [said, kind === "plain" ? "" : out.before].find((text) => text !== "");
      return { is: "trouble", sentence: last ?? "the session has ended without the command's exit code" };
    },
  };
}

const stdout = (all: readonly Buffer[]): readonly MarkedEvent[] => all.map((bytes) => ({ is: "stdout", bytes }));

/** The agent's last words without their frame. */
function sentenceOf(words: string): string {
  return words
    .replaceAll(/-+ERROR-+/g, "")
    .trim()
    .replace(unstarted, "")
    .trim()
    .replaceAll(/\s*\n\s*/g, "; ");
}
