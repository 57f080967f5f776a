import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWith } from "../../../test/support/requirements.ts";
import { packTar } from "./tar.ts";

describeWith(["busybox"], "busybox", () => {
  it("unpacks names that are longer than a header, with their modes", () => {
    const folder = mkdtempSync(join(tmpdir(), "burstlet-tar-"));
    try {
      const path = `${"a".repeat(200)}/${"b".repeat(253)}`;
      const archive = packTar([{ path, type: "file", mode: 0o640, content: Buffer.from("text") }]);
      execFileSync("busybox", ["tar", "-xmf", "-", "-C", folder], { input: archive });
      expect(readFileSync(join(folder, path), "utf8")).toBe("text");
      expect(statSync(join(folder, path)).mode & 0o777).toBe(0o640);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
