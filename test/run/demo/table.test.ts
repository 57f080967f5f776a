import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import { age, clipped, table } from "./table.ts";

const { green } = createColors(true);

describe("a table", () => {
  it("aligns its columns and ends no line with spaces", () => {
    expect(
      table(
        ["NAME", "PHASE", "IP"],
        [
          ["a", "Running", "10.0.0.1"],
          ["long-name", "Pending", ""],
        ],
      ),
    ).toEqual(["NAME        PHASE     IP", "a           Running   10.0.0.1", "long-name   Pending"]);
  });

  it("is its head alone when there is nothing", () => {
    expect(table(["NAME", "IP"], [])).toEqual(["NAME   IP"]);
  });

  it("does not count colours as width", () => {
    expect(
      table(
        ["A", "B"],
        [
          [green("xx"), "1"],
          ["yyy", "2"],
        ],
      ),
    ).toEqual(["A     B", `${green("xx")}    1`, "yyy   2"]);
  });

  it("has no line that is broader than the terminal", () => {
    expect(table(["A", "B"], [["12345", "67890"]], 10)).toEqual(["A       B", "12345   6…"]);
    expect(clipped(green("123456"), 4)).toBe("123…");
    expect(clipped(green("1234"), 4)).toBe(green("1234"));
  });
});

describe("a table that is too broad", () => {
  const head = ["NAME", "AGE", "IP"];
  const rows = [["a", "12s", "10.0.0.1"]];

  it.for<[number, string[]]>([
    [21, ["NAME   AGE   IP", "a      12s   10.0.0.1"]],
    [20, ["NAME   IP", "a      10.0.0.1"]],
    [10, ["NAME", "a"]],
    [3, ["NA…", "a"]],
  ])("of %d columns leaves out the named columns before it cuts anything off", ([width, lines]) => {
    expect(table(head, rows, width, ["AGE", "IP"])).toEqual(lines);
  });
});

describe("an age", () => {
  it.for<[number, string]>([
    [0, "0s"],
    [-3, "0s"],
    [119.9, "119s"],
    [120, "2m"],
    [125, "2m5s"],
    [599, "9m59s"],
    [600, "10m"],
    [3_600, "60m"],
    [10_799, "179m"],
    [10_800, "3h"],
    [12_000, "3h20m"],
  ])("of %d seconds is %s, as kubectl writes it", ([seconds, words]) => {
    expect(age(seconds)).toBe(words);
  });
});
