import { createScriptedCloud } from "../providers/local/runtime/scripted/cloud.ts";
import { createScriptedRuntime } from "../providers/local/runtime/scripted/runtime.ts";
import { changedScript, defaultScript, type ScriptChanges } from "../providers/local/runtime/scripted/timetable.ts";
import type { Runtime } from "../providers/local/runtime/runtime.ts";
import type { Clock } from "../src/model/clock.ts";
import type { ScenarioBox } from "./scenario/box.ts";

/** The runtime that runs nothing: containers do what the scenario, or their own SCRIPT_ variables, say. */
export function scriptedRuntime({
  clock,
  scenario,
}: {
  readonly clock: Clock;
  readonly scenario: ScenarioBox;
}): Runtime {
  const timetable = {
    defaults: changedScript(defaultScript),
    get images(): Readonly<Record<string, ScriptChanges>> {
      return imagesOf(scenario.now);
    },
  };
  return createScriptedRuntime({ cloud: createScriptedCloud({ clock, timetable }) });
}

/** Made once for each scenario: a lookup for every container that starts must cost nothing. */
function imagesOf({ images }: ScenarioBox["now"]): Readonly<Record<string, ScriptChanges>> {
  const known = made.get(images);
  if (known !== undefined) return known;
  const entries = Object.entries(images).map(([name, { run, exit, end, start, stop }]) => {
    return [name, { run, exit, end, start, stop }] as const;
  });
  const changes = Object.fromEntries(entries);
  made.set(images, changes);
  return changes;
}

const made = new WeakMap<object, Readonly<Record<string, ScriptChanges>>>();
