/**
 * What an image name means where there are no images: the one table of the process runtime. A name stands for a root
 * file system made on the spot, and for the command that a container without one runs. Tags and digests are ignored.
 */
import type { Waiting } from "../../../../src/provider.ts";

/**
 * `busybox`: a root of the static busybox alone. `host`: the host's own tools and libraries, read-only. `node`: as
 * `host`, with this Node and our small servers in `/opt/burstlet`.
 */
export type RootKind = "busybox" | "host" | "node";

export interface Image {
  readonly name: string;
  readonly root: RootKind;
  /** Runs before any arguments unless the pod gives a command; empty where the arguments are the command. */
  readonly entrypoint: readonly string[];
  /** The arguments when the pod gives neither command nor arguments. */
  readonly args: readonly string[];
  readonly sentence: string;
}

/** Where a `node` root has its Node and its scripts. */
export const nodeRoom = "/opt/burstlet";

/** As the real pause: SIGTERM ends it with exit code 0. */
const pause = ["/bin/sh", "-c", "trap 'exit 0' TERM INT; sleep 2147483647 & wait"];

export const images: readonly Image[] = [
  {
    name: "busybox",
    root: "busybox",
    entrypoint: [],
    args: ["sh"],
    sentence: "The host's static busybox; without one, the host's tools.",
  },
  {
    name: "alpine",
    root: "host",
    entrypoint: [],
    args: ["/bin/sh"],
    sentence: "The host's own tools and libraries, not Alpine's.",
  },
  { name: "debian", root: "host", entrypoint: [], args: ["bash"], sentence: "The host's own tools and libraries." },
  { name: "pause", root: "busybox", entrypoint: pause, args: [], sentence: "Sleeps until SIGTERM." },
  { name: "registry.k8s.io/pause", root: "busybox", entrypoint: pause, args: [], sentence: "Sleeps until SIGTERM." },
  {
    name: "burstlet.dev/http-echo",
    root: "node",
    entrypoint: [`${nodeRoom}/node`, `${nodeRoom}/http-echo.mjs`],
    args: [],
    sentence: "An HTTP server on $PORT (8080) that answers with the pod's name and the request.",
  },
];

/** The image of a reference as pods write it, or `undefined` when the table has none of that name. */
export function findImage(reference: string): Image | undefined {
  const name = repository(reference);
  return images.find((image) => image.name === name);
}

/** What the node says about a reference that is not in the table. */
export function unknownImage(reference: string): string {
  const names = images.map((image) => image.name).join(", ");
  return `image ${JSON.stringify(reference)} is not one that the process runtime knows (${names}); use one of these, or a node with a container engine`;
}

/** `docker.io/library/busybox:1.36@sha256:…` is `busybox`. */
function repository(reference: string): string {
  const bare = reference.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return bare.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
}

/** From ErrImagePull to ImagePullBackOff, milliseconds: about one round of the kubelet's sync loop. */
export const pullBackOffMs = 2000;

/** What is shown of a container whose image this runtime will never have, at once and about a sync of the kubelet later. */
export function unknownImageWaits(
  image: string,
  neverPull: boolean,
): { readonly first: Waiting; readonly later: Waiting | undefined } {
  const words = unknownImage(image);
  const quoted = JSON.stringify(image);
  const wait = (reason: string, message: string): Waiting => ({ is: "waiting", reason, message });
  if (neverPull) {
    const message = `Container image ${quoted} is not present with pull policy of Never: ${words}`;
    return { first: wait("ErrImageNeverPull", message), later: undefined };
  }
  const message = `Back-off pulling image ${quoted}: ErrImagePull: ${words}`;
  return { first: wait("ErrImagePull", words), later: wait("ImagePullBackOff", message) };
}
