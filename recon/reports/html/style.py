"""The style of all pages: light, dark, narrow, printed."""

from __future__ import annotations

# Each colour keeps its contrast on its ground, and none comes without its word.
STYLE = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #d8dee4; --panel: #f6f8fa;
  --good: #1a7f37; --warning: #7d5600; --high: #bc4c00; --critical: #b3141d;
  --over: #2f6fb5; --under: #c2571a; --accent: #2f6fb5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --text: #e6e9ec; --soft: #a0a8b0; --line: #353b42; --panel: #1d2227;
    --good: #4cc26b; --warning: #dcae3f; --high: #f79256; --critical: #ff7b78;
    --over: #69a8e6; --under: #ee9a5f; --accent: #69a8e6;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem; max-width: 64rem; background: var(--ground);
  color: var(--text); font: 15px/1.45 "Segoe UI", "Helvetica Neue", Arial, system-ui, sans-serif;
}
h1 { font-size: 1.6rem; margin: 0; line-height: 1.2; }
h2 {
  font-size: 1.05rem; margin: 1.8rem 0 .5rem; padding-bottom: .2rem;
  border-bottom: 1px solid var(--line); line-height: 1.3;
}
h2 small, h3 small { font-weight: normal; color: var(--soft); font-size: .9rem; }
h3 { font-size: .95rem; margin: 1rem 0 .3rem; }
p { margin: .4rem 0; max-width: 52rem; }
a { color: var(--accent); overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.strong { font-weight: 600; }
.good { color: var(--good); }
.warning { color: var(--warning); }
.high { color: var(--high); font-weight: 600; }
.critical { color: var(--critical); font-weight: 600; }
.banner {
  border: 1px dashed var(--high); color: var(--high); padding: .25rem .75rem; margin: 0 0 1rem;
  max-width: none; font-weight: 600;
}
.answer {
  border-left: .4rem solid currentColor; background: var(--panel); padding: .7rem 1rem;
  margin: .8rem 0; font-size: 1.2rem; font-weight: 600; max-width: none;
}
.note { border-left: .2rem solid var(--high); padding-left: .75rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem .25rem 0; text-align: left; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; vertical-align: bottom; }
tbody tr { border-top: 1px solid var(--line); }
tfoot tr, tbody tr.sum { border-top: 2px solid var(--line); font-weight: 600; }
td.group { color: var(--soft); font-weight: 600; padding-top: .6rem; }
.number { text-align: right; }
td.number, .name { white-space: nowrap; }
.long { overflow-wrap: anywhere; min-width: 12rem; width: 45%; }
td.bar { width: 34%; min-width: 4rem; vertical-align: middle; }
td.bar svg { display: block; width: 100%; height: 1rem; }
svg .over { fill: var(--over); }
svg .under { fill: var(--under); }
svg .whole { fill: var(--soft); }
svg .zero { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.columns {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 0 2rem;
}
.columns > * { min-width: 0; }
.facts {
  display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .4rem 0;
}
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.blank { min-width: 9rem; height: 2.2rem; border-bottom: 1px solid var(--text); }
ul { margin: .3rem 0; padding-left: 1.2rem; }
@media screen and (max-width: 40rem) {
  body { padding: .9rem; font-size: 14px; }
  .columns { grid-template-columns: 1fr; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .4rem; }
  table { font-size: .85rem; }
  th, td { padding-right: .4rem; }
  .cards thead { display: none; }
  .cards tr { display: block; padding: .4rem 0; }
  .cards td { display: block; padding: .05rem 0; min-width: 0; }
  .cards td[data-label]::before {
    content: attr(data-label); color: var(--soft); float: left; margin-right: 1rem;
  }
  .cards td.long::before, .cards td:empty::before { content: none; }
  .drawn, .drawn thead, .drawn tbody, .drawn tr { display: grid; grid-column: 1 / -1; }
  .drawn { grid-template-columns: 1fr auto auto auto; font-size: .8rem; }
  .drawn thead, .drawn tbody, .drawn tr { grid-template-columns: subgrid; }
  .drawn td.bar { grid-column: 1 / -1; order: 1; width: auto; padding: 0 0 .3rem; }
  .drawn th.bar { display: none; }
}
@page { size: A4; margin: 11mm 12mm; }
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --text: #000000; --soft: #4a4f55; --line: #c8ccd0; --panel: #f3f4f5;
    --good: #1a7f37; --warning: #7d5600; --high: #a84300; --critical: #a8121a;
    --over: #2f6fb5; --under: #c2571a; --accent: #000000;
  }
  body { padding: 0; max-width: none; font-size: 7.6pt; line-height: 1.2; }
  h1 { font-size: 14pt; }
  h2 { font-size: 10pt; margin: 2.5mm 0 .7mm; break-after: avoid; }
  h3 { font-size: 9pt; margin: 2mm 0 .5mm; break-after: avoid; }
  p { margin: .6mm 0; max-width: none; }
  .answer { font-size: 11.5pt; padding: 1.5mm 3mm; margin: 2mm 0; print-color-adjust: exact; }
  .banner { margin-bottom: 2mm; padding: .5mm 2mm; }
  th, td { padding: .25mm 2mm .25mm 0; }
  .long { width: 48%; }
  th { font-size: 7pt; }
  td.bar svg { height: 3mm; print-color-adjust: exact; }
  td.group { padding-top: 1mm; }
  .columns { grid-template-columns: 1fr 1fr; gap: 0 6mm; }
  .wide { overflow: visible; }
  tr, .answer, .note, .whole { break-inside: avoid; }
  a { text-decoration: none; }
  .blank { height: 7mm; }
  .facts { gap: 0 4mm; }
  ul { columns: 2; column-gap: 6mm; }
  li { break-inside: avoid; }
}
"""
