/** Tasks with variables out of files that an earlier container has written, for any runtime with a shell. */
import type { ContainerSpec, VolumeSpec } from "../../../providers/local/runtime/runtime.ts";
import { type FileKey, Late } from "../../../src/provider.ts";
import { containerSpec } from "./task-specs.ts";

export const envFileVolumes: readonly VolumeSpec[] = [
  { name: "disk", kind: "emptyDir", medium: "disk" },
  { name: "memory", kind: "emptyDir", medium: "memory" },
];

export const fromFile = (volume: string, path: string, key: string, more: Partial<FileKey> = {}): Late =>
  new Late([{ file: { volume, path, key, optional: false, ...more } }]);

const mounts = [
  { volume: "disk", path: "/disk", readOnly: false },
  { volume: "disk", path: "/sub", readOnly: false, subPath: "in/deep" },
  { volume: "memory", path: "/memory", readOnly: false },
];

/** `write`: a shell's line, with both volumes at /disk and /memory and the folder in/deep of the first at /sub. */
export function envFileContainers(
  image: string,
  write: string,
  env: Readonly<Record<string, Late>>,
): readonly ContainerSpec[] {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const print = 'for n in $NAMES; do eval "echo $n=\\"\\${$n-unset}\\""; done';
  return [
    containerSpec({ name: "writer", kind: "init", image, command: ["sh", "-c", write], mounts }),
    // It mounts none of them.
    containerSpec({
      image,
      command: ["sh", "-c", print],
      env: [...variables, { name: "NAMES", value: Object.keys(env).join(" ") }],
    }),
  ];
}
