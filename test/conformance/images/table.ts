/**
 * What stands for each image that the suites name. Nothing is downloaded: programs are compiled from Kubernetes' own
 * sources of those images, or are this machine's. An image without a row does not exist, and its tests fail.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addBusybox, addProgram } from "./root.ts";

export interface ImageRow {
  /** With its registry, without a tag: each tag that a suite names is the same image. */
  readonly name: string;
  /** What it is made of, for the report. */
  readonly sentence: string;
  readonly config: ImageConfig;
  /** Fills an empty root file system. */
  readonly fill: (root: string, sources: ImageSources) => void;
}

/** Part `config` of an image, as the OCI specification has it. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly Env?: readonly string[];
}

export interface ImageSources {
  /** Path of a program that is compiled for images. */
  readonly program: (name: "agnhost" | "nonewprivs") => string;
  /** Folder of Kubernetes' `test/images`. */
  readonly folder: string;
}

const Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
const e2e = "registry.k8s.io/e2e-test-images";

export const imageTable: readonly ImageRow[] = [
  {
    name: `${e2e}/agnhost`,
    sentence: "agnhost of Kubernetes' test/images, with this machine's busybox and curl for the tools of Alpine",
    config: { Env, Entrypoint: ["/agnhost"], Cmd: ["pause"] },
    fill: fillAgnhost,
  },
  {
    name: `${e2e}/busybox`,
    // The shell of Debian's busybox drops variables whose names no shell takes, which the original's hands on.
    sentence: "this machine's static busybox; the `sh` that PATH finds is bash",
    config: { Env, Cmd: ["sh"] },
    fill(root) {
      addBusybox(root);
      addProgram(root, "bash");
      symlinkSync("bash", join(root, "usr/bin/sh"));
    },
  },
  {
    name: `${e2e}/nonroot`,
    sentence: "this machine's static busybox, with the user of Kubernetes' test/images/nonroot",
    config: { Env, Cmd: ["sh"], User: "1234" },
    fill: addBusybox,
  },
  {
    name: `${e2e}/nonewprivs`,
    sentence: "nnp of Kubernetes' test/images/nonewprivs, with its set-user-id bit, beside this machine's busybox",
    config: { Env, Cmd: ["nnp"] },
    fill(root, { program }) {
      addBusybox(root);
      mkdirSync(join(root, "usr/local/bin"), { recursive: true });
      const path = join(root, "usr/local/bin/nnp");
      copyFileSync(program("nonewprivs"), path);
      chmodSync(path, 0o6755);
    },
  },
  {
    name: `${e2e}/kitten`,
    sentence: "agnhost as above with the files of Kubernetes' test/images/kitten, and the name of its base, Alpine",
    config: { Env, Entrypoint: ["/agnhost"], Cmd: ["test-webserver"] },
    fill(root, sources) {
      fillAgnhost(root, sources);
      for (const file of ["data.json", "kitten.jpg"]) {
        copyFileSync(join(sources.folder, "kitten/html", file), join(root, file));
      }
      writeFileSync(join(root, "etc/os-release"), 'NAME="Alpine Linux"\nID=alpine\n');
    },
  },
  {
    name: "registry.k8s.io/pause",
    sentence: "the command pause of agnhost, which does the same",
    config: { Env, Entrypoint: ["/pause", "pause"] },
    fill: (root, { program }) => copyFileSync(program("agnhost"), join(root, "pause")),
  },
  // virtual-kubelet's suite calls its images so, and wants of them that they run.
  ...["foo", "bar", "baz"].map((name) => ({
    name: `docker.io/library/${name}`,
    sentence: "this machine's static busybox, asleep",
    config: { Env, Cmd: ["sleep", "1000000"] },
    fill: addBusybox,
  })),
];

/** Kubernetes' test/images/agnhost/Dockerfile, as far as no package of Alpine is in it. */
function fillAgnhost(root: string, { program, folder }: ImageSources): void {
  addBusybox(root);
  addProgram(root, "curl");
  copyFileSync(program("agnhost"), join(root, "agnhost"));
  symlinkSync("agnhost", join(root, "agnhost-2"));
  mkdirSync(join(root, "uploads"));
  for (const file of ["localhost.crt", "localhost.key"]) {
    writeFileSync(join(root, file), readFileSync(join(folder, "agnhost/porter", file)));
  }
  const add = (file: string, line: string): void => writeFileSync(join(root, "etc", file), line, { flag: "a" });
  add("passwd", "user-defined-in-image:x:1000:1000::/home/user-defined-in-image:/bin/sh\n");
  add("group", "user-defined-in-image:x:1000:\ngroup-defined-in-image:x:50000:user-defined-in-image\n");
}
