import type { Duplex } from "node:stream";
import { ProviderError, type ContainerRef } from "../../../../../src/provider.ts";
import { createDoors, loopbacks } from "../../network/doors.ts";
import type { Runtime } from "../../runtime.ts";
import { openPipes } from "../host/pipes.ts";
import { isAlive } from "../host/processes.ts";
import type { Method, Methods, RunRef } from "../protocol.ts";
import { tryConnect, type SupervisorPlace } from "../supervisor-client.ts";
import { attachOver } from "./attach.ts";
import { nameCommand } from "./exec-group.ts";
import { execIn } from "./exec.ts";

type Streams = Required<Pick<Runtime, "exec" | "attach" | "forward">>;
/** Says it to the supervisor that is there, if one is. */
type Tell = <M extends Method>(method: M, params: Methods[M]["params"]) => void;
type Call = <M extends Method>(method: M, params: Methods[M]["params"]) => Promise<Methods[M]["result"]>;

/** The ways into containers: the supervisor says where they are, and only what is attached passes through it. */
export function openStreams(
  place: SupervisorPlace,
  { call, tell }: { readonly call: Call; readonly tell: Tell },
): Streams & { close(): void } {
  const { clock, options } = place;
  const { terminals } = options;
  const doors = createDoors(clock);
  const pipes = openPipes();
  return {
    async exec(target, command, signal) {
      const name = nameCommand();
      const leave = (): void => tell("left", { command: name });
      try {
        const at = await call("place", { ...runOf(target), command: name });
        const stream = await execIn(at, command, { clock, terminals, pipes, name }, signal);
        stream.exit.then(leave, leave);
        return stream;
      } catch (error) {
        leave();
        throw error;
      }
    },
    async attach(target, { stdin }, signal) {
      const run = runOf(target);
      const resize = (columns: number, rows: number): void =>
        // Of a run that is over nobody sees the size.
        void call("resize", { ...run, columns, rows }).catch(() => undefined);
      // Not over a supervisor that was started for this: it would have nothing to attach to.
      const socket = await tryConnect(place.stateDir);
      if (socket === undefined)
        throw new ProviderError("transient", "SupervisorLost", "the supervisor of the process runtime is not there");
      return attachOver(socket, run, { stdin, resize }, signal);
    },
    async forward({ identity }, port, signal): Promise<Duplex> {
      const { mark, address } = await call("network", { identity });
      const find = async (): Promise<number> => {
        if (isAlive(mark)) return mark.pid;
        throw new ProviderError("conflict", "NoTaskNetwork", "the pod has just ended");
      };
      // As the kubelet, first who listens on the loopback of the pod; one that listens at its address alone is found too.
      const place = { key: `${mark.pid}/${mark.startTime}`, find, hosts: [...loopbacks, address] };
      const socket = await doors.connect(place, port, signal);
      const leave = (): void => void socket.destroy();
      signal.addEventListener("abort", leave, { once: true });
      socket.on("close", () => signal.removeEventListener("abort", leave));
      // Who uses it hears of its end by `close`; an error that comes before he listens must not end us.
      socket.on("error", () => undefined);
      return socket;
    },
    close() {
      doors.close();
      pipes.close();
    },
  };
}

function runOf({ task: { identity }, container, instance }: ContainerRef): RunRef {
  return { identity, container, instance };
}
