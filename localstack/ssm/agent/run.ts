/** The agent's shell plugins: a command on a terminal, or on pipes with both outputs and its exit code. */
import type { Readable } from "node:stream";
import type { ProcessStream } from "../../../src/model/streams.ts";
import type { Agent } from "./agent.ts";
import { contents } from "../frames.ts";
import { AGENT_PAYLOAD } from "../agent-channel.ts";
import { createAgentText } from "./text.ts";
import { splitWords } from "../words.ts";

const ERROR_TITLE = "\n----------ERROR-------\n";

/** Tells its own process id first, which the command keeps, or that there is no such program. */
const launcher = 'command -v "$1" >/dev/null 2>&1 || { echo -; exit 1; }; echo $$; exec "$@"';

const shells = /^(.*\/)?(sh|bash|ash|dash)$/;

/** ExecuteCommand: on a terminal, without a handshake. The end tells no exit code. */
export async function runOnTerminal(agent: Agent, line: string): Promise<void> {
  const argv = words(line);
  const missing =
    typeof argv === "string" ? argv : agent.hasShell || !shells.test(argv[0] ?? "") ? undefined : notThere(argv[0]);
  if (missing !== undefined || typeof argv === "string")
    return agent.channel.close(
      `${ERROR_TITLE}Unable to start command: ${typeof argv === "string" ? "" : "Failed to start pty: "}${missing}`,
    );
  const process = await agent.exec(["sh", "-c", launcher, "sh", ...argv], { tty: true, stdin: true });
  agent.onEnd(() => agent.kill());
  const { first, rest } = firstLine(process.stdout);
  const told = await first;
  if (told === "-")
    return agent.channel.close(`${ERROR_TITLE}Unable to start command: Failed to start pty: ${notThere(argv[0])}`);
  agent.input = (content, body) => {
    if (content === contents.data) process.stdin.write(body);
    if (content !== contents.size) return true;
    const { cols, rows } = JSON.parse(body.toString()) as { cols: number; rows: number };
    process.resize(cols, rows);
    return true;
  };
  await pump(agent, rest(), contents.data);
  await process.exit.catch(() => undefined);
  await agent.channel.close("");
}

/** AWS-StartNonInteractiveCommand with separate outputs. Input is for signals alone. */
export async function runOnPipes(agent: Agent, line: string): Promise<void> {
  await agent.channel.shake("NonInteractiveCommands", {});
  const argv = words(line);
  const fail = async (sentence: string, code?: number): Promise<void> => {
    if (code !== undefined) agent.channel.send(contents.exitCode, Buffer.from(`EXIT_CODE: ${code}`));
    agent.channel.send(contents.stderr, Buffer.from(sentence));
    await agent.channel.close("");
  };
  if (typeof argv === "string") return fail(`Unable to start command: ${argv}\n`);
  const lacking = async () => fail(`Error occurred starting the command: ${notThere(argv[0])}\n`, 1);
  if (!agent.hasShell && shells.test(argv[0] ?? "")) return lacking();
  const process = await agent.exec(["sh", "-c", launcher, "sh", ...argv], { tty: false, stdin: false });
  const { first, rest } = firstLine(process.stdout);
  const pid = await first;
  if (pid === "-") return lacking();
  const signal = async (name: string): Promise<void> => {
    const sent = await agent.exec(["kill", `-${name}`, pid], { tty: false, stdin: false }).catch(() => undefined);
    sent?.stdout.resume();
    sent?.stderr?.resume();
    await sent?.exit.catch(() => undefined);
  };
  agent.input = (content, body) => {
    if (content === contents.data && body.includes(3)) void signal("INT");
    return true;
  };
  // As the agent does: the command itself, and nothing that it has started.
  agent.onEnd(() => void signal("KILL"));
  await Promise.all([pump(agent, rest(), contents.data), pump(agent, process.stderr, contents.stderr)]);
  const code = await codeOf(process);
  agent.channel.send(contents.exitCode, Buffer.from(`EXIT_CODE: ${code}`));
  await agent.channel.close("");
}

/** A signal that has ended it is -1 in Go; the runtime tells it as shells do. */
async function codeOf({ exit }: ProcessStream): Promise<number> {
  return exit.then(
    ({ code }) => code,
    () => -1,
  );
}

const notThere = (name = ""): string =>
  name.includes("/")
    ? `fork/exec ${name}: no such file or directory`
    : `exec: "${name}": executable file not found in $PATH`;

function words(line: string): string[] | string {
  try {
    return splitWords(line);
  } catch (error) {
    return `Failed to parse commands input: ${(error as Error).message}\n`;
  }
}

/** The launcher's line, and what comes behind it. */
function firstLine(stream: Readable): { readonly first: Promise<string>; readonly rest: () => AsyncIterable<Buffer> } {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let left: Buffer = Buffer.alloc(0);
  const first = (async () => {
    for (;;) {
      const end = left.indexOf(0x0a);
      if (end >= 0) {
        const line = left.subarray(0, end).toString().trim();
        left = left.subarray(end + 1);
        return line;
      }
      const { value, done } = await chunks.next();
      if (done === true) return "-";
      left = Buffer.concat([left, value]);
    }
  })();
  return {
    first,
    async *rest() {
      if (left.length > 0) yield left;
      for (let one = await chunks.next(); one.done !== true; one = await chunks.next()) yield one.value;
    },
  };
}

async function pump(agent: Agent, output: AsyncIterable<Buffer> | undefined, content: number): Promise<void> {
  const asText = createAgentText();
  try {
    for await (const chunk of output ?? []) {
      await agent.room();
      for (let at = 0; at < chunk.length; at += AGENT_PAYLOAD) {
        const body = asText(chunk.subarray(at, at + AGENT_PAYLOAD));
        if (body.length > 0) agent.channel.send(content, body);
      }
    }
  } catch {
    // The command was ended.
  }
}
