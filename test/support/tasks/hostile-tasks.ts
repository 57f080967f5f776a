/** Tasks that try to write outside of their own folder, by every path of a spec and by links planted in a volume. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerSpec, VolumeSpec } from "../../../providers/local/runtime/runtime.ts";
import { containerSpec } from "./task-specs.ts";

export interface Hostile {
  readonly what: string;
  readonly volumes: readonly VolumeSpec[];
  readonly containers: readonly ContainerSpec[];
}

/** A folder on the host that no task has been given, with one file in it. */
export interface Outside extends Disposable {
  readonly path: string;
  /** What has become of it, in words; empty: nothing. */
  changes(): readonly string[];
}

const untouched = "untouched";

export function makeOutside(): Outside {
  const path = mkdtempSync(join(tmpdir(), "burstlet-outside-"));
  const file = join(path, "file");
  writeFileSync(file, untouched, { mode: 0o644 });
  const before = statSync(path);
  return {
    path,
    changes() {
      const more = readdirSync(path).filter((name) => name !== "file");
      const now = statSync(path);
      return [
        ...more.map((name) => `${name} was made`),
        ...(readFileSync(file, "utf8") === untouched ? [] : ["the file was written"]),
        ...(now.mode === before.mode && now.uid === before.uid ? [] : ["the folder has another owner or mode"]),
      ];
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

const up = "../".repeat(20);
const emptyDir = (name: string): VolumeSpec => ({ name, kind: "emptyDir", medium: "disk" });
const files = (path: string): VolumeSpec => ({
  name: "files",
  kind: "files",
  files: [{ path, mode: 0o666, content: "written", encoding: "utf8" }],
});
const mount = (volume: string, path: string, subPath?: string): ContainerSpec["mounts"][number] => ({
  volume,
  path,
  readOnly: false,
  ...(subPath !== undefined && { subPath }),
});

/** What a container that got out would do. */
const writing = "echo written > /in/made; echo written > /in/file; true";

/**
 * `outside`: the folder; `image`: one with a shell; `script`: of the main container. A planting container finds its
 * volume in $R/v.
 */
export function hostileTasks(outside: string, image: string, script: string = writing): readonly Hostile[] {
  const container = (line: string, change: Partial<ContainerSpec>): ContainerSpec =>
    containerSpec({ image, command: ["sh", "-c", `R=$BURSTLET_ROOT; ${line}`], ...change });
  const task = (what: string, volumes: readonly VolumeSpec[], change: Partial<ContainerSpec>): Hostile => ({
    what,
    volumes,
    containers: [container(script, change)],
  });
  /** An init container plants a link in the volume before the main one is made. */
  const planted = (what: string, plant: string, change: Partial<ContainerSpec>): Hostile => {
    const { volumes, containers } = task(what, [emptyDir("v"), emptyDir("other")], change);
    const init = container(plant, { name: "plant", kind: "init", mounts: [mount("v", "/v")] });
    return { what, volumes, containers: [init, ...containers] };
  };
  const absolute = `ln -s ${outside} $R/v/way`;
  const inner = (subPath: string) => ({ mounts: [mount("v", "/in", subPath)] });
  const whole = [mount("v", "/v")];
  return [
    task("a file's path climbs", [files(`${up}${outside.slice(1)}/made`)], { mounts: [mount("files", "/in")] }),
    task("a file's path is absolute", [files(`${outside}/made`)], { mounts: [mount("files", "/in")] }),
    task("a volume's name climbs", [emptyDir(`${up}${outside.slice(1)}/made`)], {
      mounts: [mount(`${up}${outside.slice(1)}/made`, "/in")],
    }),
    task("a subPath climbs", [emptyDir("v")], inner(`${up}${outside.slice(1)}`)),
    task("a subPath climbs from within", [emptyDir("v")], inner(`a/${up}../${outside.slice(1)}`)),
    task("a subPath is absolute", [emptyDir("v")], inner(outside)),
    task("a mount path climbs", [emptyDir("v")], { mounts: [mount("v", `/${up}${outside.slice(1)}/made`)] }),
    task("the working folder climbs", [], { workingDir: `/${up}${outside.slice(1)}/made` }),
    task("the working folder climbs from nowhere", [], { workingDir: `${up}${outside.slice(1)}/made` }),
    task("the termination message's path climbs", [], {
      terminationMessagePath: `/${up}${outside.slice(1)}/made`,
    }),
    planted("a link to the folder is a subPath", absolute, inner("way")),
    planted("a link to the folder is in a subPath", absolute, inner("way/made")),
    planted("a link that climbs is in a subPath", `ln -s ${up}${outside.slice(1)} $R/v/way`, inner("way/made")),
    planted("links to links are in a subPath", `ln -s ${outside} $R/v/b; ln -s b $R/v/a`, inner("a/made")),
    planted("a link to the folder's file is a subPath", `ln -s ${outside}/file $R/v/way`, inner("way")),
    planted("a mount point is below a link", absolute, { mounts: [...whole, mount("other", "/v/way/made")] }),
    planted("a mount point is a link", absolute, { mounts: [...whole, mount("other", "/v/way")] }),
    planted("the working folder is below a link", absolute, { mounts: whole, workingDir: "/v/way/made" }),
    planted("the termination message is below a link", absolute, {
      mounts: whole,
      terminationMessagePath: "/v/way/made",
    }),
    planted("the termination message is a link to the folder's file", `ln -s ${outside}/file $R/v/way`, {
      mounts: whole,
      terminationMessagePath: "/v/way",
    }),
  ];
}

const alongLink = "echo written > /way/made; echo written > /way/file; true";

/** As `hostileTasks`, where `image` has a link /way to the folder. */
export function hostileImageTasks(image: string): readonly Hostile[] {
  const task = (what: string, change: Partial<ContainerSpec>): Hostile => ({
    what,
    volumes: [emptyDir("v")],
    containers: [containerSpec({ image, command: ["sh", "-c", alongLink], ...change })],
  });
  return [
    task("a program follows the image's link", {}),
    task("a mount path is the image's link", { mounts: [mount("v", "/way")] }),
    task("a mount path is below the image's link", { mounts: [mount("v", "/way/made")] }),
    task("the termination message is below the image's link", { terminationMessagePath: "/way/made" }),
    task("the termination message is a file behind the image's link", { terminationMessagePath: "/way/file" }),
  ];
}
