// node write_ranks.mjs MODULES TARGET: turns the ranks of js-tiktoken, which is installed in MODULES, into the files
// that runtime/documents/ranks.cpp reads: TARGET/NAME.ranks.
import { createRequire } from 'node:module';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [modules, target] = process.argv.slice(2);
const require = createRequire(join(modules, 'node_modules', 'unused.js'));

// Lines of `! OFFSET TOKEN TOKEN ...`, the tokens in base64, their ranks from OFFSET on.
function tokensOf(ranks) {
  const tokens = [];
  for (const line of ranks.split('\n').filter(Boolean)) {
    const [, offset, ...rest] = line.split(' ');
    rest.forEach((token, i) => { tokens[Number(offset) + i] = Buffer.from(token, 'base64'); });
  }
  return Array.from(tokens, (token) => token ?? Buffer.alloc(0));
}

// FNV-1a of 32 bits.
function checksum(bytes) {
  let hash = 2166136261;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  return hash;
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

for (const name of ['cl100k_base', 'o200k_base']) {
  const tokens = tokensOf(require(`js-tiktoken/ranks/${name}`).bpe_ranks);
  if (tokens.some((token) => token.length > 255)) throw new Error(`${name} has a token of more than 255 bytes`);
  const content = Buffer.concat([
    Buffer.from('chain token ranks 1\n'), u32(tokens.length), Buffer.from(tokens.map((token) => token.length)), ...tokens]);
  const file = join(target, `${name}.ranks`);
  writeFileSync(`${file}.new`, Buffer.concat([content, u32(checksum(content))]));
  renameSync(`${file}.new`, file);
}
