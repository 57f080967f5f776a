import { createLocalProvider } from "../../../providers/local/provider.ts";
import { createScriptedCloud } from "../../../providers/local/runtime/scripted/cloud.ts";
import { createScriptedRuntime } from "../../../providers/local/runtime/scripted/runtime.ts";
import { type Provider, ProviderError } from "../../../src/provider.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { providerContext } from "../../support/provider-context.ts";
import type { ContractTarget } from "../target.ts";

/** The scripted runtime in virtual time. */
export async function scriptedTarget(): Promise<ContractTarget> {
  const clock = fakeClock();
  const cloud = createScriptedCloud({ clock });
  const context = providerContext(clock);
  const open = async (): Promise<Provider> =>
    createLocalProvider(createScriptedRuntime({ cloud }), { pods: 110 }, context);
  return {
    ...context,
    provider: await open(),
    container({ run, exit = 0, atTerm = "end", print = [], echo = false, serve, afterStart, beforeStop }) {
      if (print.length > 0) throw new Error("a timetable prints nothing");
      if (afterStart !== undefined || beforeStop !== undefined) throw new Error("a timetable has no hooks");
      if (echo || serve !== undefined) throw new Error("a timetable talks with nobody");
      const script = {
        SCRIPT_RUN: `${run}`,
        SCRIPT_STOP: atTerm === "end" ? "0" : "1000000",
        ...(exit === "hidden" ? { SCRIPT_END: "unknown" } : { SCRIPT_EXIT: `${exit}` }),
      };
      return { image: "scripted", env: Object.entries(script).map(([name, value]) => ({ name, value })) };
    },
    pass: (ms) => clock.advance(ms),
    reopen: open,
    async trouble() {
      cloud.trouble(new ProviderError("transient", "Unreachable", "no route to the cloud"));
      return async () => cloud.trouble(undefined);
    },
    close: async () => {},
  };
}
