import { expect, it } from "vitest";
import { goTestResults } from "./go-test.ts";

/** As `go test -v` of Go 1.26 prints it: outcomes of subtests come after all of them have run. */
const output = `=== RUN   TestEndToEnd
    suite.go:49: True
=== RUN   TestEndToEnd/TestOne
    basic.go:36: Created pod: nginx
=== RUN   TestEndToEnd/TestTwo
    basic.go:97: failed to find pod "x"
--- FAIL: TestEndToEnd (7.77s)
    --- PASS: TestEndToEnd/TestOne (1.16s)
    --- FAIL: TestEndToEnd/TestTwo (0.50s)
FAIL
`;

it("reads each subtest's outcome, with the last words of one that failed", () => {
  expect(goTestResults(output, "TestEndToEnd")).toEqual([
    { name: "TestOne", passed: true, seconds: 1.16, message: undefined },
    { name: "TestTwo", passed: false, seconds: 0.5, message: 'failed to find pod "x"' },
  ]);
});

it("takes a suite that never came to its tests for an error, with what it said", () => {
  expect(() => goTestResults("panic: Empty namespace", "TestEndToEnd")).toThrow("panic: Empty namespace");
});
