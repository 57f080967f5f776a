import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../../../test/support/fake-clock.ts";
import { shell, taskOf } from "../testing.ts";
import { createImages, imagesOf } from "./images.ts";

/** A registry that gives nothing until it is told to. */
function setUp() {
  const present = new Set<string>();
  const pulls: string[] = [];
  const state = { failing: true };
  const clock = fakeClock();
  const client = {
    image: async (reference: string) =>
      present.has(reference) ? { Id: "sha256:1", RepoDigests: [], Size: 7 } : undefined,
    async pull(reference: string, auth: string | undefined) {
      pulls.push(auth === undefined ? reference : `${reference} with auth`);
      await Promise.resolve();
      if (state.failing) throw new Error("registry says no");
      present.add(reference);
    },
  };
  const images = createImages(client, clock);
  const ask = async (more: Parameters<typeof shell>[2] = {}, run = "task/a/0", changed = () => {}) => {
    const credentials = [{ registry: "private.example", username: "me", password: "hush" }];
    const answer = await images.ready(
      { container: shell("a", "", { image: "x:1", ...more }), credentials, run },
      changed,
    );
    return answer.reference ?? `${answer.waiting.reason} ${answer.lookIn}`;
  };
  return { present, pulls, state, clock, images, ask };
}

const full = "docker.io/library/x:1";

describe("images", () => {
  it.for([
    ["IfNotPresent", true, full, []],
    ["Never", true, full, []],
    ["Never", false, "ErrImageNeverPull 10000", []],
    ["IfNotPresent", false, "ContainerCreating undefined", [full]],
    ["Always", true, "ContainerCreating undefined", [full]],
  ] as const)("policy %s, present: %s gives %s", async ([imagePullPolicy, isPresent, answer, pulled]) => {
    const { present, pulls, ask } = setUp();
    if (isPresent) present.add(full);
    expect(await ask({ imagePullPolicy })).toBe(answer);
    expect(pulls).toEqual(pulled);
  });

  it("pulls once for many that wait, and calls each when it is over", async () => {
    const { pulls, state, ask } = setUp();
    state.failing = false;
    const called: string[] = [];
    await Promise.all(["one", "two"].map((name) => ask({}, `${name}/a/0`, () => called.push(name))));
    await expect.poll(() => called).toEqual(["one", "two"]);
    expect(pulls).toEqual([full]);
    expect(await ask({})).toBe(full);
  });

  it("tells the pull that a run waited for, from its beginning to its end, and none where there was none", async () => {
    const { state, images, present, clock } = setUp();
    const want = (run: string) => ({ container: shell("a", "", { image: "x:1" }), credentials: [], run });
    const startedAt = clock.now();
    await new Promise<void>((resolve) => {
      void images.ready(want("task/a/0"), resolve).then(({ pull }) => expect(pull).toEqual({ startedAt }));
    });
    expect((await images.ready(want("task/a/0"), () => undefined)).pull).toEqual({ startedAt });
    state.failing = false;
    await clock.advance(10_000);
    await new Promise<void>((resolve) => void images.ready(want("task/a/0"), resolve));
    const pull = { startedAt: startedAt + 10_000, finishedAt: startedAt + 10_000, bytes: 7 };
    expect(await images.ready(want("task/a/0"), () => undefined)).toEqual({ reference: full, pull });
    expect(present.has(full)).toBe(true);
    expect(await images.ready(want("other/a/0"), () => undefined)).toEqual({ reference: full, pull: undefined });
  });

  it("pulls with policy Always once for each run", async () => {
    const { pulls, state, ask } = setUp();
    state.failing = false;
    const always = { imagePullPolicy: "Always" } as const;
    for (const run of ["task/a/0", "task/a/1"]) {
      await new Promise<void>((resolve) => void ask(always, run, resolve));
      expect(await ask(always, run)).toBe(full);
    }
    expect(pulls).toEqual([full, full]);
  });

  it("shows ErrImagePull once, then backs off from 10 s, doubling to 300 s", async () => {
    const { pulls, clock, ask } = setUp();
    await new Promise<void>((resolve) => void ask({}, "task/a/0", resolve));
    expect(await ask()).toBe("ErrImagePull 1000");
    await clock.advance(1000);
    expect(await ask()).toBe("ImagePullBackOff 9000");
    for (const seconds of [20, 40, 80, 160, 300, 300]) {
      const before = pulls.length;
      await clock.advance(Number((await ask()).split(" ")[1]));
      await new Promise<void>((resolve) => void ask({}, "task/a/0", resolve));
      expect(pulls.length).toBe(before + 1);
      expect(await ask()).toBe(`ImagePullBackOff ${seconds * 1000}`);
    }
  });

  it("uses the credential of the image's registry, and nobody else's pull", async () => {
    const { pulls, ask } = setUp();
    await ask({ image: "private.example/x:1" });
    await ask({ image: "public.example/x:1" });
    expect(pulls).toEqual(["private.example/x:1 with auth", "public.example/x:1"]);
  });

  it("forgets the back-off of a task that is gone", async () => {
    const { pulls, images, ask } = setUp();
    await new Promise<void>((resolve) => void ask({}, "task/a/0", resolve));
    images.forget("task");
    await ask();
    expect(pulls).toHaveLength(2);
  });

  it("of a container are its own and those that it mounts, and the first that is not there is what it waits for", async () => {
    const { present, images } = setUp();
    const mounts = [{ volume: "v", path: "/v", readOnly: true }];
    const container = shell("a", "", { image: "x:1", mounts });
    const volume = (name: string, image: string) => ({ name, image, imagePullPolicy: "Never" }) as const;
    const spec = taskOf("m", [container], { imageVolumes: [volume("v", "data:1"), volume("others", "none:1")] });
    const ask = async () => imagesOf(images, spec, container, { run: "task/a/0", changed: () => {} });
    present.add(full);
    expect((await ask()).waiting).toMatchObject({
      reason: "ErrImageNeverPull",
      message: expect.stringContaining("data:1"),
    });
    present.add("docker.io/library/data:1");
    expect(await ask()).toEqual({ reference: full, mounted: new Map([["v", "docker.io/library/data:1"]]) });
  });
});
