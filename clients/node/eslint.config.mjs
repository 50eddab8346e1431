import js from "@eslint/js";
import tseslint from "typescript-eslint";

const NODE = {
  ...Object.fromEntries(["process", "Buffer", "console", "URL", "performance"].map((name) => [name, "readonly"])),
};
const TIMERS = Object.fromEntries(
  [
    "setTimeout",
    "setInterval",
    "setImmediate",
    "clearTimeout",
    "clearInterval",
    "fetch",
    "Request",
    "Response",
    "ReadableStream",
    "TextEncoder",
    "AbortController",
    "Blob",
    "URLSearchParams",
  ].map((name) => [name, "readonly"]),
);

export default tseslint.config(
  { ignores: ["dist/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.mts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: ["./tsconfig.json", "./test/tsconfig.json"] } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // What comes from frameworks and from JavaScript is not always what its type says.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // Methods that are replaced on an answer are kept, and called with it.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["**/*.mjs", "**/*.cjs"],
    languageOptions: { globals: { ...NODE, ...TIMERS, require: "readonly", module: "writable" } },
  },
);
