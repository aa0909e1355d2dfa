// How the dashboard is built: src/ into `--outDir`, every name of a file with the hash of its
// content.
import { defineConfig } from "vite";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    emptyOutDir: true,
    // Each file is one that the server serves: no data: URL, which the policy would refuse.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
  },
  clearScreen: false,
  logLevel: "warn",
});
