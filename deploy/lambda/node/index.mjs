// Runs the command of a pod of burstlet in a function of runtime nodejs22.x or later. Handler: index.handler
import { spawn } from "node:child_process";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { dirname, normalize } from "node:path";

/** How burstlet gets to know the command's exit status: as the type and message of the function's error. */
class BurstletExit extends Error {
  name = "BurstletExit";
}

export async function handler(event, context) {
  if (event.DurableExecutionArn === undefined) return runPod(event, context);
  // Of a durable function: the command is run within this one invocation, and the execution ends with it.
  const [execution] = event.InitialExecutionState?.Operations ?? [];
  try {
    const returned = await runPod(JSON.parse(execution?.ExecutionDetails?.InputPayload ?? "{}"), context);
    return { Status: "SUCCEEDED", Result: JSON.stringify(returned) };
  } catch ({ name, message }) {
    return { Status: "FAILED", Error: { ErrorType: name, ErrorMessage: message } };
  }
}

async function runPod({ burstlet = {}, ...event }, context) {
  const { namespace, name, podUid, attempt, invocationId } = burstlet;
  const pod = `pod ${namespace}/${name} (uid ${podUid}, attempt ${attempt})`;
  const whose = `${pod}, invocation ${invocationId}, request ${context?.awsRequestId ?? "unknown"}`;
  // By this line burstlet finds the log of an invocation whose id it does not know.
  console.log(`burstlet: ${whose}`);
  try {
    const returned = await runCommand(event);
    // By this line, and by nothing else, burstlet knows how an event has ended.
    console.log(`burstlet: end of ${whose}: exit status 0`);
    return returned;
  } catch (error) {
    const told = error instanceof BurstletExit ? error.message : `${error.name}: ${error.message}`;
    console.log(`burstlet: end of ${whose}: ${told.split("\n", 1)[0].slice(0, 1_000)}`);
    throw error;
  }
}

async function runCommand({ command = [], args = [], workingDir = "/tmp", env = [], files = [] }) {
  const [program, ...words] = [...command, ...args];
  if (program === undefined) throw new TypeError("the payload has no command: set command or args of the container");
  const variables = Object.fromEntries(env.map(({ name: key, value }) => [key, value]));
  const written = [];
  try {
    for (const file of files) written.push(await put(file));
    const status = await run(program, words, { cwd: workingDir, env: { ...process.env, ...variables } });
    if (status !== "exit status 0") throw new BurstletExit(status);
    return { exitCode: 0 };
  } finally {
    // The next invocation finds the same /tmp.
    for (const path of written) await rm(path, { force: true });
  }
}

async function put({ path, mode, content, encoding }) {
  if (!path.startsWith("/tmp/") || normalize(path) !== path) throw new TypeError(`${path} is not below /tmp`);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await writeFile(path, content, { encoding, mode });
  return path;
}

/** `exit status 3`, `signal: killed`; its output is the function's log. */
async function run(program, words, options) {
  try {
    // Made as by a container engine, where a function may write. Of a missing one a spawn would say that its program is missing.
    if (options.cwd.startsWith("/tmp/")) await mkdir(options.cwd, { recursive: true });
    else await access(options.cwd);
  } catch (error) {
    console.error(`burstlet: workingDir: ${error.message}`);
    return "exit status 126";
  }
  const child = spawn(program, words, { ...options, stdio: ["ignore", "inherit", "inherit"], detached: true });
  const ended = await new Promise((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  if (ended.error !== undefined) {
    console.error(`burstlet: ${ended.error.message}`);
    return `exit status ${ended.error.code === "ENOENT" ? 127 : 126}`;
  }
  // What it has left running would go on in somebody else's invocation.
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nothing was left.
  }
  if (ended.signal === "SIGKILL") return "signal: killed";
  return `exit status ${ended.code ?? 128 + constants.signals[ended.signal]}`;
}
