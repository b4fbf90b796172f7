"""How the report looks: light or dark as the reader's system is, and fit to be printed."""

STYLE = """\
:root {
  --ground: #ffffff; --sheet: #f5f6f8; --line: #dfe2e8; --ink: #1c2027; --soft: #5a6372;
  --accent: #3f6fd8; --quiet: #a9b1bf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181d; --sheet: #1e2229; --line: #323843; --ink: #e8eaee; --soft: #a3abb9;
    --accent: #7ba2f5; --quiet: #5d6675;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.25rem; margin: 0; }
p { color: var(--soft); margin: 0.25rem 0 1rem; }
section { margin-top: 3rem; }
code { font-size: 0.9em; }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: 0.5rem;
  margin: 1.5rem 0 0;
}
.tiles div { background: var(--sheet); border-radius: 8px; padding: 0.75rem 1rem; }
.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 1.3; }
.tiles dt { color: var(--soft); font-size: 0.875rem; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars { table-layout: fixed; }
.bars th { width: 30%; padding: 0.25rem 1rem 0.25rem 0; overflow-wrap: anywhere; }
.bars .n { width: 5.5rem; padding-left: 1rem; }
.bar i { display: block; height: 1rem; min-width: 2px; border-radius: 4px;
  background: var(--accent); }
.quiet .bar i, i.quiet, .key.quiet { background: var(--quiet); }
.quiet th { color: var(--soft); }
.key { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 3px;
  background: var(--accent); margin: 0 0.15rem 0 0.75rem; }
.columns { display: grid; grid-template-columns: repeat(10, minmax(0, 1fr)); gap: 0.5rem;
  align-items: end; }
.columns div { text-align: center; font-size: 0.75rem; }
.columns i { display: block; background: var(--accent); }
.columns i.quiet { background: var(--quiet); }
.columns b { font-weight: 500; font-variant-numeric: tabular-nums; }
.columns span { display: block; color: var(--soft); border-top: 1px solid var(--line);
  padding-top: 0.25rem; white-space: nowrap; }
.list { font-size: 0.875rem; margin-top: 0.5rem; }
.list th { color: var(--soft); border-bottom: 1px solid var(--line); padding: 0.4rem 1rem 0.4rem 0;
  white-space: nowrap; }
.list td { border-bottom: 1px solid var(--line); padding: 0.4rem 1rem 0.4rem 0;
  vertical-align: top; }
.list td:first-child { overflow-wrap: anywhere; }
.list td.n { text-align: left; }
details { margin-top: 1rem; }
summary { cursor: pointer; font-weight: 500; }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 4px; border-radius: 2px; }
@media (max-width: 36rem) {
  main { padding: 1.5rem 1rem 2rem; }
  .columns { gap: 0.125rem; }
  .columns div { font-size: 0.625rem; }
  .bars .n { width: 3.75rem; padding-left: 0.5rem; }
}
@media print {
  main { max-width: none; padding: 0; }
  section, .tiles div { break-inside: avoid; }
  i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
