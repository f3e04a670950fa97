// Bundles each entry of this folder into ../static/vendor; called by scripts/build_client.
// One file per entry, unminified so that it can be read, no dynamic import, no WebAssembly.
import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const entries = ["crypto", "qr", "qr_reader"];
const output = "../static/vendor";

await build({
  entryPoints: entries.map((name) => `${name}.mjs`),
  outdir: output,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "browser",
  target: ["chrome109", "safari16.4"], // the floor of design/people.md §9
  charset: "utf8",
  legalComments: "inline",
  treeShaking: true,
  minifySyntax: false,
  logLevel: "warning",
});
for (const name of entries) {
  // Types for `tsc --checkJs`: those of the packages, found through the entry.
  writeFileSync(`${output}/${name}.d.mts`, `export * from "../../vendor/${name}.mjs";\n`);
}
