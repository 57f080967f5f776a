import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { hasEnded, ownHolder } from "./holder.ts";

describe("the holder of a lease", () => {
  const holderOf = (pid: number | undefined) => ownHolder().replace(/\d+$/, String(pid));

  it("is this process, which has not ended", () => {
    expect(hasEnded(ownHolder())).toBe(false);
  });

  it("has ended once its process on this host has", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
    const holder = holderOf(child.pid);
    expect(hasEnded(holder)).toBe(false);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.end();
    await ended;
    expect(hasEnded(holder)).toBe(true);
  });

  it.for(["elsewhere/pid:[1]/999999999", "burst-1@elsewhere", ""])(
    "is never taken for ended when it is %j",
    (holder) => {
      expect(hasEnded(holder)).toBe(false);
    },
  );
});
