/** Root file systems out of programs of this machine. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The static busybox with links for its applets, and the files that programs expect of any system. */
export function addBusybox(root: string): void {
  for (const name of ["bin", "etc", "home", "root", "tmp", "usr/bin", "var"]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  chmodSync(join(root, "tmp"), 0o1777);
  copyFileSync(output("sh", ["-c", "command -v busybox"]), join(root, "bin/busybox"));
  for (const applet of output("busybox", ["--list"]).split("\n")) {
    if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
  }
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
}

/** A dynamically linked program as `/usr/bin/<name>`, with its libraries where it looks for them. */
export function addProgram(root: string, name: string): void {
  const program = output("sh", ["-c", `command -v ${name}`]);
  const libraries = [...output("ldd", [program]).matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
  copyFileSync(realpathSync(program), join(root, "usr/bin", name));
  for (const path of libraries) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(realpathSync(path), join(root, path));
  }
}

function output(command: string, words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${error?.message ?? stderr}`);
  return stdout.trim();
}
