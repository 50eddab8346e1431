// Builds `dist`: CommonJS by tsc, and beside it modules that re-export it, so that a process which mixes both
// has one copy of the client and its state.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const require = createRequire(import.meta.url);
const entries = ["index", "express", "fastify", "koa", "hono", "http", "next"];

rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root], { stdio: "inherit" });
mkdirSync(join(root, "dist/esm"));
for (const entry of entries) {
  const names = Object.keys(require(join(root, "dist", `${entry}.js`))).filter((name) => name !== "default");
  const hasDefault = entry !== "index";
  const code = [
    `import cjs from "../${entry}.js";`,
    `export const { ${names.join(", ")} } = cjs;`,
    ...(hasDefault ? ["export default cjs.default;"] : []),
  ];
  const types = [
    `export * from "../${entry}.js";`,
    ...(hasDefault ? [`export { ${names[0]} as default } from "../${entry}.js";`] : []),
  ];
  writeFileSync(join(root, "dist/esm", `${entry}.mjs`), `${code.join("\n")}\n`);
  writeFileSync(join(root, "dist/esm", `${entry}.d.mts`), `${types.join("\n")}\n`);
}
chmodSync(join(root, "dist/cli.js"), 0o755);
