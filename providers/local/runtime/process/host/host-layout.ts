import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTool } from "./command.ts";
import { hostEtc, hostTops, type HostLayout } from "../container/files/root-fs.ts";

/** Where a static busybox is found, when there is one. */
const busyboxPlaces = ["/bin/busybox", "/usr/bin/busybox", "/sbin/busybox", "/usr/local/bin/busybox"];

/** Looks at the host, and makes the directory of busybox with its applets that containers mount. */
export async function readHostLayout(imageDirectory: string): Promise<HostLayout> {
  const tops = hostTops
    .filter((path) => existsSync(path))
    .map((path) => ({
      path,
      target: lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined,
    }));
  const etc = hostEtc
    .filter((path) => existsSync(path))
    .map((path) => ({
      path,
      directory: statSync(path).isDirectory(),
    }));
  return {
    tops,
    etc,
    busybox: await makeBusybox(join(imageDirectory, "busybox")),
    node: process.execPath,
    httpEcho: fileURLToPath(new URL("../http-echo.mjs", import.meta.url)),
  };
}

async function makeBusybox(directory: string): Promise<string | undefined> {
  const binary = busyboxPlaces.find((path) => existsSync(path));
  if (binary === undefined || !(await runsAlone(binary))) return undefined;
  const half = `${directory}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true, mode: 0o755 });
  const applets = (await runTool(binary, ["--list"])).split("\n").filter(Boolean);
  copyFileSync(binary, join(half, "busybox"));
  chmodSync(join(half, "busybox"), 0o755);
  for (const applet of applets) if (applet !== "busybox") symlinkSync("busybox", join(half, applet));
  rmSync(directory, { recursive: true, force: true });
  renameSync(half, directory);
  return directory;
}

/** A dynamically linked busybox would need the host's libraries in the container. ldd fails on a static one. */
async function runsAlone(binary: string): Promise<boolean> {
  return runTool("ldd", [binary]).then(
    (output) => output.includes("statically linked"),
    () => true,
  );
}
