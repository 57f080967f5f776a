import { describe, expect, test } from "vitest";
import { templateOf } from "../translate/template.ts";
import { nameIn } from "./names.ts";
import { readsOf, secretsOf, withArns } from "./references.ts";

const secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:burstlet/c/n/ab12-AbCdEf";
const parameter = (n: number): string => `arn:aws:ssm:eu-central-1:123456789012:parameter/burstlet/c/n/${n}`;
const object = "arn:aws:s3:::files/burstlet/c/n/cd34";

/** Of one container that names these. */
const definition = (values: readonly string[], environment: readonly { name: string; value: string }[] = []) => ({
  containerDefinitions: [
    {
      name: "main",
      image: "busybox",
      secrets: values.map((valueFrom, index) => ({ name: `V${index}`, valueFrom })),
      environment: [...environment],
    },
  ],
});
const twelve = Array.from({ length: 12 }, (_, n) => parameter(n));

describe("what a definition refers to", () => {
  test("is read by ECS once for each secret's value, and ten parameters by one call", () => {
    const reads = (...values: string[]) => readsOf({ family: "f", content: definition(values) });
    expect(reads()).toEqual({ secrets: 0, parameters: 0 });
    expect(reads(`${secret}:v0::`, `${secret}:v1::`, `${secret}:v0::`)).toEqual({ secrets: 2, parameters: 0 });
    expect(reads(...twelve, ...twelve, secret)).toEqual({ secrets: 1, parameters: 2 });
  });

  test("are the marks of what is in use, wherever it is kept", () => {
    const named = definition(
      [`${secret}:v0::`, parameter(1)],
      [
        { name: "BURSTLET_OBJECT", value: object },
        { name: "THEIRS", value: "arn:aws:s3:::files/burstlet/c/n/ef56" },
      ],
    );
    expect(secretsOf(named)).toEqual([secret, parameter(1), object]);
    expect(secretsOf(named).map(nameIn)).toEqual(["burstlet/c/n/ab12", "burstlet/c/n/1", "burstlet/c/n/cd34"]);
  });

  test("has the ARN in its place once that is known, and another name then", () => {
    const refs = definition(["variables#v0", "variables/v1"], [{ name: "BURSTLET_OBJECT", value: "objects/shared" }]);
    const template = templateOf(refs);
    const arns = new Map([
      ["variables", secret],
      ["variables/v1", parameter(1)],
      ["objects/shared", object],
    ]);
    const filled = withArns(template, arns);
    expect(secretsOf(filled.content)).toEqual([secret, parameter(1), object]);
    expect(JSON.stringify(filled.content)).toContain(`${secret}:v0::`);
    expect(filled.family).not.toBe(template.family);
    expect(withArns(template, new Map())).toBe(template);
  });
});
