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
    // What may be cut off stands last.
    ["EXAMPLE", "REACHED", "EXPECTED"],
    scene.progress.map(({ example, reachedAfter }) => [
      example.file,
      reachedAfter === undefined ? "not yet" : colours.green(`in ${age(reachedAfter)}`),
      example.expected,
    ]),
    columns,
  );
  const foot = ["", ...scene.hints.map((hint) => clipped(hint, columns))];
  const room = Math.max(4, rows - head.length - foot.length - 4);
  const shown = podTable(scene, colours, columns, room);
  const lines = [clipped(`${scene.title}, ${age(scene.seconds)}`, columns), "", ...head, "", ...shown, ...foot];
  // What has scrolled out of the terminal could not be drawn over.
  return lines.slice(0, Math.max(1, rows - 1));
}

/** At most `room` lines, head included. Where that is too little, what has ended gives way, and is counted. */
function podTable({ objects, now }: Scene, colours: Colours, columns: number, room: number): string[] {
  const rows = objects.pods.map((pod) => podRow(pod, now)).toSorted((a, b) => a.name.localeCompare(b.name));
  const fits = rows.length < room;
  const sorted = fits ? rows : rows.toSorted((a, b) => Number(hasEnded(a)) - Number(hasEnded(b)));
  const shown = fits ? sorted : sorted.slice(0, room - 2);
  const several = new Set(rows.map(({ node }) => node).filter((node) => node !== "")).size > 1;
  const cells = shown.map((row): Row => {
    const { name, ready, phase, reason, restarts, age: old, address, node } = row;
    return [name, ready, painted(row, phase, colours), reason, restarts, old, address, ...(several ? [node] : [])];
  });
  const head = [...podHead, ...(several ? ["NODE"] : [])];
  const lines = table(head, cells, columns, ["RESTARTS", "AGE", "READY"]);
  return fits ? lines : [...lines, clipped(`and ${counted(sorted.slice(room - 2))}`, columns)];
}

function hasEnded({ phase }: PodRow): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

/** `9 more: 6 Succeeded, 3 Failed` */
function counted(rows: readonly PodRow[]): string {
  const phases = Object.entries(Object.groupBy(rows, ({ phase }) => phase));
  return `${rows.length} more: ${phases.map(([phase, of]) => `${of?.length} ${phase}`).join(", ")}`;
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
