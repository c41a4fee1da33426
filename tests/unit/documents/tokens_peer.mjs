// node tokens_peer.mjs MODULES TOKEN_IDS REPOSITORY: thousands of texts, token for token as js-tiktoken has them.
// Left out are U+0085 and U+FEFF, which are white space to one of JavaScript and OpenAI's own tiktoken each.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, tokenIds, repository] = process.argv.slice(2);
const require = createRequire(join(modules, 'node_modules', 'unused.js'));
let Tiktoken;
try {
  ({ Tiktoken } = require('js-tiktoken/lite'));
} catch {
  console.log('js-tiktoken could not be had from npm when this was built: nothing to compare with');
  process.exit(77);
}

// A small generator of numbers (mulberry32), so that every run has the same texts.
let state = 20240607;
function random(below) {
  state = (state + 0x6D2B79F5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}
const pick = (list) => list[random(list.length)];

const words = ['the', 'Quick', 'BROWN', "fox's", "I'LL", "they've", 'don’t', 'naïve', 'Ünïcödé', 'snake_case', 'camelCase', 'HTTPServer',
  '한국어', '대한민국의', '안녕하세요', '검색증강생성', '東京都', '检索增强', 'ひらがな', 'カタカナ', 'привет', 'Ελληνικά', 'العربية', 'हिन्दी', 'ไทย',
  '👩‍👩‍👧‍👦', '🇰🇷', '🙂', '1234567', '3.14159', '0x1F', '½', 'Ⅷ', '②', '<|endoftext|>', '<|fim_prefix|>', 'ǅ', 'ʰ', 'e\u0301', '\u0301', 'İ', 'ß'];
const gaps = [' ', ' ', ' ', '  ', '\n', '\n\n', '\r\n', '\t', '    ', '', '', '\u00a0', '\u3000', ' \n ', '\n\t\t', '.', ', ', '!?', '...', '---', '/', '//\n', '(', '){', '"'];

const texts = ['', ' ', '\n', 'a', '  \n', ' x', "'s", "'S'", '!!!\n/\n', ' \r\n \n x', 'x '.repeat(300), ' '.repeat(500), 'a'.repeat(700), '가'.repeat(300),
  '\n'.repeat(90), '=-'.repeat(120), 'AAAAbAAAA', '漢A漢AAb', 'ʰAʰ', '\u0301\u0301a'];
for (let i = 0; i < 400; ++i) {
  let text = '';
  for (let n = 1 + random(40); n > 0; --n) text += pick(words) + pick(gaps);
  texts.push(text);
}
// Characters of every kind, in any order.
const ranges = [[0x20, 0x5f], [0x61, 26], [0x9, 5], [0xa1, 0x200], [0x300, 0x40], [0x370, 0x200], [0x600, 0x100], [0x900, 0x80], [0x1100, 0x100], [0x2000, 0x70],
  [0x2100, 0x90], [0x3000, 0x100], [0x4e00, 0x1000], [0xac00, 0x2ba0], [0xff00, 0xef], [0x1f300, 0x300], [0x1d400, 0x300]];
for (let i = 0; i < 400; ++i) {
  let text = '';
  for (let n = 1 + random(60); n > 0; --n) {
    const [from, size] = pick(ranges);
    text += String.fromCodePoint(from + random(size));
  }
  texts.push(text);
}
// This project's own files, in parts: prose, C++, JSON, Chain.
function* files(folder) {
  for (const entry of readdirSync(join(repository, folder), { withFileTypes: true })) {
    if (entry.isFile() && /\.(md|cpp|h|json|chain|sh)$/.test(entry.name)) yield join(repository, folder, entry.name);
  }
}
for (const folder of ['docs', 'docs/decisions', 'examples', 'runtime/value', 'runtime/model', 'scripts', 'grammar']) {
  for (const file of files(folder)) {
    const text = readFileSync(file, 'utf8');
    for (let at = 0; at < Math.min(text.length, 4500); at += 1500) texts.push(text.slice(at, at + 1500).toWellFormed());
  }
}

const kept = texts.filter((text) => !/[\u0085\ufeff]/.test(text));
let failed = 0;
for (const name of ['cl100k_base', 'o200k_base']) {
  const input = Buffer.concat(kept.map((text) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from(`${name} ${bytes.length}\n`), bytes, Buffer.from('\n')]);
  }));
  const lines = execFileSync(tokenIds, { input, maxBuffer: 1 << 28 }).toString().split('\n');
  const peer = new Tiktoken(require(`js-tiktoken/ranks/${name}`));
  kept.forEach((text, i) => {
    const expected = peer.encode(text, [], []).join(' ');
    if (lines[i].trim() === expected) return;
    if (++failed <= 5) console.log(`${name}: ${JSON.stringify(text)}\n  expected ${expected}\n  found    ${lines[i]}`);
  });
  console.log(`${name}: ${kept.length} texts`);
}
process.exit(failed === 0 ? 0 : 1);
