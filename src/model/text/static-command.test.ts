import { expect, test } from "vitest";
import { staticCommand } from "./static-command.ts";

test("a command has what the spec says of its variables, and the others stay as written", () => {
  const env = [
    { name: "A", value: "old" },
    { name: "A", value: "$(B)" },
    { name: "EMPTY" },
    { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  ];
  const words = ["test", "a$(A)$(B)$(C)", "$$(A)", "$(EMPTY)|$(", "$"];
  expect(staticCommand(words, { env })).toEqual(["test", "a$(B)$(B)$(C)", "$(A)", "|$(", "$"]);
  expect(staticCommand(["$(A)"], {})).toEqual(["$(A)"]);
});
