import type { Container } from "../../../src/model/kube.ts";
import type { Behaviour } from "../target.ts";

/** A line that a container may print: its traps are set by then. */
export const shellHeeds = "heeds";

/** A contract test's container for whatever runs busybox's shell. */
export function shellContainer(image: string, behaviour: Behaviour): Partial<Container> {
  const streams = behaviour.echo === true ? { stdin: true, stdinOnce: true } : {};
  const script = { command: ["sh", "-c"], args: [scriptOf(behaviour)] };
  return { image, imagePullPolicy: "IfNotPresent", ...script, ...streams, ...hooksOf(behaviour) };
}

function hooksOf({ afterStart, beforeStop }: Behaviour): Pick<Container, "lifecycle"> {
  if (afterStart === undefined && beforeStop === undefined) return {};
  const hook = (script: string) => ({ exec: { command: ["sh", "-c", script] } });
  return {
    lifecycle: {
      ...(afterStart !== undefined && { postStart: hook(afterStart === "fails" ? "exit 1" : `sleep ${afterStart}`) }),
      ...(beforeStop !== undefined && { preStop: hook(`sleep ${beforeStop}`) }),
    },
  };
}

/** Process 1 of a container gets no signal that it has no handler for, hence the traps; a trap waits for no `sleep`. */
function scriptOf({ run, exit = 0, atTerm = "end", print = [], echo = false, serve }: Behaviour): string {
  if (exit === "hidden") throw new Error("a shell hides no exit code");
  return [
    atTerm === "end" ? "trap 'exit 143' TERM" : "trap '' TERM",
    ...print.map((line) => `echo '${line}'`),
    ...(echo ? ["cat"] : []),
    ...(serve === undefined ? [] : [`nc -ll -p ${serve} -e cat & :`]),
    run === "forever" ? "while :; do sleep 1 & wait $!; done" : `sleep ${run} & wait $!`,
    `exit ${exit}`,
  ].join("; ");
}
