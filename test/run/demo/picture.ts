/** What the demo shows: a pure function from what is known to lines. */
import type { createColors } from "picocolors";
import type { Example, Objects } from "../../e2e/examples.ts";
import { podHead, type PodRow, podRow } from "./pod-row.ts";
import { age, clipped, type Row, table } from "./table.ts";

export interface Scene {
  /** One line about the node and its cluster. */
  readonly title: string;
  /** Since the examples were applied. */
  readonly seconds: number;
  /** Wall time in milliseconds since 1970. */
  readonly now: number;
  readonly progress: readonly Progress[];
  readonly objects: Objects;
  /** What to do next, in another terminal. */
  readonly hints: readonly string[];
}

export interface Progress {
  readonly example: Example;
  /** Seconds until it was first seen in its expected state; `undefined` as long as it was not. */
  readonly reachedAfter: number | undefined;
}

type Colours = ReturnType<typeof createColors>;

/** Lines for a terminal of this size; pods that do not fit are counted. */
export function picture(scene: Scene, colours: Colours, columns: number, rows: number): string[] {
  const head = table(
    ["EXAMPLE", "EXPECTED", "STATE"],
    scene.progress.map(({ example, reachedAfter }) => [
      example.file,
      example.expected,
      reachedAfter === undefined ? "waiting" : colours.green(`reached after ${age(reachedAfter)}`),
    ]),
    columns,
  );
  const foot = ["", ...scene.hints.map((hint) => clipped(hint, columns))];
  const pods = podTable(scene, colours, columns);
  const room = Math.max(4, rows - head.length - foot.length - 4);
  const shown = pods.length <= room ? pods : [...pods.slice(0, room - 1), `and ${pods.length - room + 1} more`];
  const lines = [clipped(`${scene.title}, ${age(scene.seconds)}`, columns), "", ...head, "", ...shown, ...foot];
  // What has scrolled out of the terminal could not be drawn over.
  return lines.slice(0, Math.max(1, rows - 1));
}

function podTable({ objects, now }: Scene, colours: Colours, columns: number): string[] {
  const rows = objects.pods.map((pod) => podRow(pod, now)).toSorted((a, b) => a.name.localeCompare(b.name));
  const cells = rows.map((row): Row => {
    const { name, ready, phase, reason, restarts, age: old, address } = row;
    return [name, ready, painted(row, phase, colours), reason, restarts, old, address];
  });
  return table(podHead, cells, columns);
}

function painted({ phase }: PodRow, text: string, colours: Colours): string {
  switch (phase) {
    case "Running":
    case "Succeeded":
      return colours.green(text);
    case "Failed":
      return colours.red(text);
    default:
      return colours.yellow(text);
  }
}

/** What changed since the last scene, a line each: for output that is no terminal. `before` maps a pod to its last line. */
export function changes(scene: Scene, before: Map<string, string>): string[] {
  const time = age(scene.seconds).padStart(6);
  const pods = scene.objects.pods.flatMap((pod) => {
    const row = podRow(pod, scene.now);
    const said = [row.phase, row.reason, row.phase === "Running" ? `${row.ready} ready` : ""]
      .filter(Boolean)
      .join(", ");
    return changed(before, `pod ${row.name}`, said) ? [`${time}  pod ${row.name}: ${said}`] : [];
  });
  const reached = scene.progress.flatMap(({ example, reachedAfter }) =>
    reachedAfter !== undefined && changed(before, `example ${example.file}`, "reached")
      ? [`${time}  example ${example.file}: reached ${example.expected}`]
      : [],
  );
  return [...pods, ...reached];
}

function changed(before: Map<string, string>, key: string, value: string): boolean {
  if (before.get(key) === value) return false;
  before.set(key, value);
  return true;
}
