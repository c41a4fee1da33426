#include "cli/eval_page.h"

#include <nlohmann/json.hpp>

namespace chain::cli {
namespace {

constexpr std::string_view kHead = R"page(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>eval</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --good: #2a9d5c; --bad: #d1495b; }
  body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
  td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
  pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 16rem; overflow: auto; }
  .bar { background: var(--line); height: .6rem; width: 12rem; position: relative; }
  .bar i { background: var(--good); display: block; height: 100%; }
  .bar b { background: #888; height: 100%; opacity: .5; position: absolute; top: 0; }
  .ok { color: var(--good); } .bad { color: var(--bad); }
  .tools { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; align-items: center; }
  input[type=search] { min-width: 18rem; }
</style>
</head>
<body>
<h1 id="title"></h1>
<div id="figures"></div>
<h2>Answers</h2>
<div class="tools">
  <input id="filter" type="search" placeholder="cases that contain ..." aria-label="filter">
  <label>sort by <select id="sort"></select></label>
  <label><input id="wrong" type="checkbox"> only those that are not right</label>
  <span id="count"></span>
  <button id="before">before</button><button id="after">after</button>
</div>
<table><thead id="head"></thead><tbody id="rows"></tbody></table>
<script id="data" type="application/json">
)page";

constexpr std::string_view kTail = R"page(
]}
</script>
<script>
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const by = id => document.getElementById(id);
const make = (tag, text, name) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
};
const shown = value => typeof value === 'string' ? value : JSON.stringify(value, null, 1);
const names = data.columns.length ? Object.keys(data.columns[0].scores) : [];
by('title').textContent = data.eval + ' over ' + data.dataset + ': ' + (data.passed ? 'passed' : 'failed');
document.title = by('title').textContent;

function bar(score) {
  const box = make('div', undefined, 'bar'), fill = make('i'), range = make('b');
  const part = value => Math.max(0, Math.min(1, value)) * 100;
  fill.style.width = part(score.mean) + '%';
  range.style.left = part(score.low) + '%';
  range.style.width = (part(score.high) - part(score.low)) + '%';
  box.append(fill, range);
  return box;
}
for (const column of data.columns) {
  const part = by('figures');
  part.append(make('h2', column.name + ': ' + column.answers + ' answers, ' + column.failed + ' failed'));
  const table = make('table');
  for (const name of names) {
    const score = column.scores[name], row = make('tr'), cell = make('td');
    cell.append(bar(score));
    row.append(make('td', name), make('td', score.mean.toFixed(3), 'number'), cell,
      make('td', score.low.toFixed(3) + ' to ' + score.high.toFixed(3)));
    for (const [key, groups] of Object.entries(score.by || {}))
      row.append(make('td', key + ': ' + Object.entries(groups).map(([label, g]) => label + ' ' + g.mean.toFixed(3)).join(', ')));
    table.append(row);
  }
  part.append(table);
  for (const each of column.require)
    part.append(make('div', (each.holds ? '✓ ' : '✗ ') + each.text + (each.cases.length ? ': cases ' + each.cases.join(', ') : ''),
      each.holds ? 'ok' : 'bad'));
  for (const [name, change] of Object.entries(column.against))
    part.append(make('div', name + ' ' + (change.change >= 0 ? '+' : '') + change.change.toFixed(3) + ' (p ' + change.p.toFixed(3) + '): ' + change.verdict,
      change.verdict === 'WORSE' ? 'bad' : ''));
}

// Answers to one case side by side.
const cases = new Map();
for (const { row, input } of data.rows) {
  const key = row.row + '/' + row.repeat;
  if (!cases.has(key)) cases.set(key, { number: row.row, repeat: row.repeat, input, answers: [] });
  cases.get(key).answers[row.arm] = row;
}
const number = value => value === true ? 1 : value === false ? 0 : typeof value === 'number' ? value : null;
const of = (entry, name) => {
  const values = entry.answers.map(a => a && a.scores ? number(a.scores[name]) : -1).filter(v => v !== null);
  return values.length ? Math.min(...values) : Infinity;
};
const all = [...cases.values()];
for (const entry of all) {
  entry.text = (shown(entry.input) + ' ' + entry.answers.map(a => shown(a.answer ?? a.error)).join(' ')).toLowerCase();
  entry.worst = Math.min(...names.map(name => of(entry, name)));
}
for (const name of ['worst first', 'case', ...names]) by('sort').append(make('option', name));
const head = make('tr');
head.append(make('th', 'case', 'number'), make('th', 'input'));
for (const column of data.columns) head.append(make('th', column.name));
by('head').append(head);

const size = 50;
let page = 0, chosen = all;
function choose() {
  const words = by('filter').value.toLowerCase(), wrong = by('wrong').checked, order = by('sort').value;
  chosen = all.filter(entry => entry.text.includes(words) && (!wrong || entry.worst < 1));
  const value = entry => order === 'case' ? entry.number : order === 'worst first' ? entry.worst : of(entry, order);
  chosen.sort((a, b) => value(a) - value(b) || a.number - b.number);
  page = 0;
  draw();
}
function draw() {
  const rows = chosen.slice(page * size, (page + 1) * size).map(entry => {
    const row = make('tr'), input = make('td');
    input.append(make('pre', shown(entry.input)));
    row.append(make('td', entry.number + (entry.repeat > 1 ? '.' + entry.repeat : ''), 'number'), input);
    data.columns.forEach((column, arm) => {
      const cell = make('td'), answer = entry.answers[arm];
      if (answer) {
        cell.append(make('pre', answer.error ? answer.error.kind + ': ' + answer.error.message : shown(answer.answer),
          answer.error ? 'bad' : ''));
        for (const name of names) {
          if (!answer.scores) continue;
          const value = number(answer.scores[name]);
          cell.append(make('div', name + ' ' + (value === null ? 'none' : +value.toFixed(3)), value !== null && value < 1 ? 'bad' : 'ok'));
          for (const reason of answer.scores[name + '.reasons'] || []) cell.append(make('div', reason));
        }
      }
      row.append(cell);
    });
    return row;
  });
  by('rows').replaceChildren(...rows);
  const pages = Math.max(1, Math.ceil(chosen.length / size));
  by('count').textContent = chosen.length + ' of ' + all.length + ', page ' + (page + 1) + ' of ' + pages;
  by('before').disabled = page === 0;
  by('after').disabled = page + 1 >= pages;
}
by('filter').addEventListener('input', choose);
by('sort').addEventListener('change', choose);
by('wrong').addEventListener('change', choose);
by('before').addEventListener('click', () => { --page; draw(); });
by('after').addEventListener('click', () => { ++page; draw(); });
choose();
</script>
</body>
</html>
)page";

/// JSON in which no tag begins.
std::string inert(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string page_begin(const EvalReport& report) {
  return std::string(kHead) + inert(eval_json(report)) + '\n';
}

std::string page_row(std::string_view row, std::string_view case_json) {
  // A case may be anything; what is no JSON is shown as text.
  std::string input(case_json);
  if (!nlohmann::json::accept(case_json)) {
    input = nlohmann::json(case_json).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return "{\"row\":" + inert(row) + ",\"input\":" + inert(input) + '}';
}

std::string page_end() {
  return std::string(kTail);
}

}  // namespace chain::cli
