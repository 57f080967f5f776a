import { describe, expect, it, test } from "vitest";
import { type FileKey, Late, SecretText, type Text } from "../../../src/provider.ts";
import { containerSpec } from "../../../test/support/tasks/task-specs.ts";
import { parseEnvFile, withEnvFiles } from "./env-files.ts";

const variables = (text: string) => Object.fromEntries(parseEnvFile(text).variables);

describe("an env file", () => {
  it.for<[what: string, text: string, found: Record<string, string>]>([
    ["one variable", "A='x'", { A: "x" }],
    ["several, with blanks before them and empty lines", " A='1'\n\n\t\n\tB='2'\n", { A: "1", B: "2" }],
    ["comments", "# B='0'\nA='1' # why\n  # C='2'\nB='3'#why", { A: "1", B: "3" }],
    ["a value of several lines", "A='one\n# two\n B=3'\nB='4'", { A: "one\n# two\n B=3", B: "4" }],
    ["values taken literally", `A='$B \\n "x" =y'`, { A: `$B \\n "x" =y` }],
    ["an empty value", "A=''", { A: "" }],
    ["what a shell runs with an empty variable", "A= 'x'\nB= \nC='1'", { A: "", B: "", C: "1" }],
    ["the first of equal names", "A='1'\nA='2'", { A: "1" }],
    ["lines of Windows", "A='1'\r\nB='2\r\n3'\r\n", { A: "1", B: "2\n3" }],
    ["a name that no shell would take", "a.b-c='1'", { "a.b-c": "1" }],
    ["nothing", "", {}],
  ])("has %s", ([, text, found]) => {
    expect(parseEnvFile(text)).toEqual({ variables: new Map(Object.entries(found)), fault: undefined });
  });

  it.for<[what: string, line: string, fault: string]>([
    ["no equals sign", "B", "line 3 has no '='"],
    ["no name", "='x'", "line 3 has no name right before its '='"],
    ["a blank before the equals sign", "B ='x'", "line 3 has no name right before its '='"],
    ["no quotes", "B=x", "line 3 has no value in single quotes with nothing after it"],
    ["nothing after the equals sign", "B=", "line 3 has no value in single quotes with nothing after it"],
    ["double quotes", 'B="x"', "line 3 has no value in single quotes with nothing after it"],
    ["no closing quote", "B='x\n", "line 3 has no value in single quotes with nothing after it"],
    ["more after the closing quote", "B='x'y", "line 3 has no value in single quotes with nothing after it"],
    ["a second quoted part", "B='x' 'y'", "line 3 has no value in single quotes with nothing after it"],
  ])("with %s is at fault there, and tells what came before", ([, line, fault]) => {
    const found = parseEnvFile(`A='1'\n\n${line}\nC='2'`);
    expect(found.fault).toBe(fault);
    expect([...found.variables]).toEqual([["A", "1"]]);
  });

  test("of a mebibyte is read in a moment", () => {
    const text = "A=''\n".repeat(200_000);
    expect(Object.keys(variables(text))).toEqual(["A"]);
  });
});

const from = (key: string, more: Partial<FileKey> & { unset?: Text } = {}): Late => {
  const { unset, ...file } = more;
  return new Late([{ file: { volume: "v", path: "p", key, optional: false, ...file }, unset }]);
};
const read = async (volume: string, path: string) =>
  volume === "v" && path === "p" ? Buffer.from("A='1'\nEMPTY=''\nbroken") : undefined;
const filled = async (...values: Text[]) => {
  const env = values.map((value, index) => ({ name: `V${index}`, value }));
  return (await withEnvFiles(containerSpec({ env }), read)).env.map(({ name, value }) => [name, value]);
};

describe("a container's environment", () => {
  it("is filled in from files, also within longer texts, its command and its args", async () => {
    const around = new Late(["<", ...from("A").parts, ">"]);
    const { env, command, args } = await withEnvFiles(
      containerSpec({ env: [{ name: "X", value: from("A") }], command: ["run", around], args: [from("A")] }),
      read,
    );
    expect({ env, command, args }).toEqual({ env: [{ name: "X", value: "1" }], command: ["run", "<1>"], args: ["1"] });
  });

  it("is the same object where no file is named, and none is read", async () => {
    const container = containerSpec({ env: [{ name: "X", value: new Late([{ late: "podIP" }]) }] });
    expect(await withEnvFiles(container, () => Promise.reject(new Error("nobody asked")))).toBe(container);
  });

  it("keeps what is secret or known later beside it", async () => {
    const mixed = new Late([{ late: "podIP" }, ...from("A").parts, new SecretText("s")]);
    const [variable] = (await withEnvFiles(containerSpec({ env: [{ name: "X", value: mixed }] }), read)).env;
    expect(variable?.value).toEqual(new Late([{ late: "podIP" }, "1", new SecretText("s")]));
  });

  it("lacks optional variables that are not there, empty, or in no file; then what was there before counts", async () => {
    const missing = { optional: true, path: "none" };
    expect(await filled(from("EMPTY", { optional: true }), from("A", missing))).toEqual([]);
    const before = await filled(from("A", { ...missing, unset: "old" }), new Late(["-", ...from("A", missing).parts]));
    expect(before).toEqual([
      ["V0", "old"],
      ["V1", "-"],
    ]);
  });

  it.for<[what: string, value: Late, message: RegExp]>([
    ["a key that the file has not", from("EMPTY"), /"EMPTY" not found in file p of volume v$/],
    ["a file that is not there", from("A", { path: "none" }), /"A" not found in file none of volume v$/],
    ["a key after a fault, even an optional one", from("B", { optional: true }), /couldn't parse env file p .*line 3/],
  ])("waits with CreateContainerConfigError for %s", async ([, value, message]) => {
    const error = await filled(value).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      reason: "CreateContainerConfigError",
      message: expect.stringMatching(message) as string,
    });
  });

  it("waits when the file cannot be read", async () => {
    const container = containerSpec({ env: [{ name: "X", value: from("A") }] });
    const denied = withEnvFiles(container, () => Promise.reject(new Error("too long")));
    await expect(denied).rejects.toMatchObject({
      reason: "CreateContainerConfigError",
      message: "couldn't read env file p of volume v: too long",
    });
  });
});
