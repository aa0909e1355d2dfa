// node embed.mjs FOLDER FILE: writes the built dashboard in FOLDER as the C++ source FILE, each file
// as it is and compressed. server/dashboard_files.h says what it defines.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const kTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

function compressed(bytes) {
  const best = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  return { gzip: gzipSync(bytes, { level: 9 }), brotli: brotliCompressSync(bytes, best) };
}

// A C++ literal: octal escapes end after three digits, whatever follows.
function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 200) {
    let line = "";
    for (const byte of bytes.subarray(at, at + 200)) {
      const isPlain = byte >= 0x20 && byte < 0x7f && !'"\\?'.includes(String.fromCharCode(byte));
      line += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
    }
    lines.push(`"${line}"`);
  }
  return `std::string_view(${lines.join("\n") || '""'}, ${bytes.length})`;
}

function entry(folder, name) {
  const bytes = readFileSync(join(folder, name));
  const type = kTypes[extname(name)];
  if (type === undefined) throw new Error(`embed.mjs: ${name}: a kind of file without a type`);
  const { gzip, brotli } = compressed(bytes);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const parts = [bytes, gzip, brotli].map(literal).join(",\n");
  return `{"${name === "index.html" ? "" : name}", "${type}", "${hash}",\n${parts}},\n`;
}

const [folder, file] = process.argv.slice(2);
const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((found) => found.isFile())
  .map((found) => join(found.parentPath ?? found.path, found.name).slice(folder.length + 1))
  .sort();
writeFileSync(
  file,
  `// Made by web/embed.mjs.
#include "server/dashboard_files.h"

namespace otter::server {
namespace {
constexpr DashboardFile kFiles[] = {
${names.map((name) => entry(folder, name)).join("")}};
}  // namespace
std::span<const DashboardFile> dashboard_files() { return kFiles; }
}  // namespace otter::server
`,
);
