import { expect, test } from "vitest";
import { z } from "zod";
import { explain } from "./explain.ts";

const schema = z.strictObject({
  id: z.string().regex(/^[a-f]+$/, "an id of letters"),
  name: z.string().min(1),
  regions: z.array(z.string()).max(3),
});
const good = { id: "abc", name: "one", regions: ["west"] };
const said = (change: object): string[] => {
  const value = { ...good, ...change };
  return explain(schema, value, schema.safeParse(value).error?.issues ?? []).map(({ what }) => what);
};

test("quotes are proposed where they make a fit text of a number, and nowhere else", () => {
  expect(said({ name: 5 })).toEqual([expect.stringMatching(/in quotes it is one: "5"$/)]);
  expect(said({ id: 5 })).toEqual(["5 is not allowed; allowed: an id of letters"]);
});

test("a text in place of a list is told once, and not that it is too long for one", () => {
  expect(said({ regions: "westeurope" })).toEqual([
    expect.stringMatching(/^"westeurope" is not allowed; allowed: a list/),
  ]);
  expect(said({ regions: ["a", "b", "c", "d"] })).toHaveLength(1);
});
