import { expect, it } from "vitest";
import { findImage, images, unknownImage } from "./images.ts";

it.for([
  ["busybox", "busybox"],
  ["busybox:1.36", "busybox"],
  ["docker.io/library/busybox:1.36@sha256:0123", "busybox"],
  ["docker.io/busybox", "busybox"],
  ["index.docker.io/library/debian:bookworm", "debian"],
  ["registry.k8s.io/pause:3.10", "registry.k8s.io/pause"],
  ["burstlet.dev/http-echo", "burstlet.dev/http-echo"],
  ["example.com:5000/busybox:1", undefined],
  ["somebody/busybox", undefined],
  ["", undefined],
] as const)("%s is the image %s", ([reference, name]) => {
  expect(findImage(reference)?.name).toBe(name);
});

it("every image has a command and a sentence, and the error names them all", () => {
  for (const image of images) {
    expect([...image.entrypoint, ...image.args].length, image.name).toBeGreaterThan(0);
    expect(image.sentence).toMatch(/\.$/);
    expect(unknownImage("other")).toContain(image.name);
  }
});
