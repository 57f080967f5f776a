/** Where scenes go: redrawn in place on a terminal, and elsewhere as lines for what changed. */
import { createColors } from "picocolors";
import { changes, picture, type Scene } from "./picture.ts";

export interface Screen {
  /** What is printed otherwise comes below the last scene. */
  show(scene: Scene): void;
}

type Output = Pick<NodeJS.WriteStream, "write" | "isTTY" | "getWindowSize">;

export function createScreen(output: Output, environment: Readonly<Record<string, string | undefined>>): Screen {
  return output.isTTY
    ? liveScreen(output, !environment["NO_COLOR"] && environment["TERM"] !== "dumb")
    : lineScreen(output);
}

function liveScreen(output: Output, coloured: boolean): Screen {
  const colours = createColors(coloured);
  let drawn = 0;
  return {
    show(scene) {
      // Asked each time: a session without a controlling terminal gets no signal about its size.
      const [columns, rows] = output.getWindowSize();
      const lines = picture(scene, colours, columns || 80, rows || 24);
      const up = drawn === 0 ? "" : `\u001B[${drawn}A`;
      // Each line erases what was longer before it, the last one what was below.
      output.write(`${up}${lines.map((line) => `${line}\u001B[K\n`).join("")}\u001B[J`);
      drawn = lines.length;
    },
  };
}

function lineScreen(output: Output): Screen {
  const before = new Map<string, string>();
  let hinted = false;
  return {
    show(scene) {
      if (!hinted) output.write(`${scene.title}\n${scene.hints.join("\n")}\n`);
      hinted = true;
      for (const line of changes(scene, before)) output.write(`${line}\n`);
    },
  };
}
