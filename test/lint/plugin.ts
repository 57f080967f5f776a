/** The rules that oxlint has not: the rooms, and honest tests. Loaded by `.oxlintrc.json`. */
import { posix, relative, sep } from "node:path";
import { broken } from "./rooms.ts";

/** The little that is used of oxlint's plugin interface, which its package exports for development only. */
interface Context {
  readonly filename: string;
  readonly cwd: string;
  readonly sourceCode: { getAllComments(): readonly (Node & { readonly value: string })[] };
  report(problem: { node: Node; message: string }): void;
}
interface Node {
  readonly type: string;
}
interface ImportNode extends Node {
  readonly source: { readonly type: string; readonly value?: unknown } | null;
  readonly importKind?: "type" | "value";
  readonly exportKind?: "type" | "value";
  readonly specifiers?: readonly { readonly importKind?: "type" | "value"; readonly exportKind?: "type" | "value" }[];
}
interface MemberNode extends Node {
  readonly object: Node & { readonly name?: string };
  readonly property: Node & { readonly name?: string };
}

const imports = {
  create(context: Context) {
    const from = relative(context.cwd, context.filename).split(sep).join(posix.sep);
    const check = (node: ImportNode, typeOnly: boolean): void => {
      if (typeof node.source?.value !== "string") return;
      const sentence = broken({ from, specifier: node.source.value, typeOnly });
      if (sentence !== undefined) context.report({ node, message: `${node.source.value}: ${sentence}` });
    };
    return {
      ImportDeclaration: (node: ImportNode) => check(node, isTypeOnly(node)),
      ExportAllDeclaration: (node: ImportNode) => check(node, isTypeOnly(node)),
      ExportNamedDeclaration: (node: ImportNode) => check(node, isTypeOnly(node)),
      ImportExpression: (node: ImportNode) => check(node, false),
      TSImportType: (node: ImportNode) => check(node, true),
    };
  },
};

function isTypeOnly(node: ImportNode): boolean {
  if (node.importKind === "type" || node.exportKind === "type") return true;
  const names = node.specifiers ?? [];
  return names.length > 0 && names.every((name) => name.importKind === "type" || name.exportKind === "type");
}

const noSkip = {
  create(context: Context) {
    return {
      MemberExpression(node: MemberNode) {
        const [subject, way] = [node.object.name ?? "", node.property.name ?? ""];
        if (!/^(describe|it|test|suite)$/.test(subject) || !/^(skip|only|todo|skipIf|runIf)$/.test(way)) return;
        context.report({
          node,
          message: `${subject}.${way} hides a test. What a machine may lack is said by describeWith of test/support/requirements.ts.`,
        });
      },
    };
  },
};

const reasonToSuppress = {
  create(context: Context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (!/(ox|es)lint-disable/.test(comment.value) || /\s--\s+\S/.test(comment.value)) continue;
          context.report({
            node: comment,
            message: "Say why the rule is wrong here: `// oxlint-disable-next-line rule -- reason`.",
          });
        }
      },
    };
  },
};

export default {
  meta: { name: "burstlet" },
  rules: { imports, "no-skip": noSkip, "reason-to-suppress": reasonToSuppress },
};
