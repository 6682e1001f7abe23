/** Colours that keep their contrast on light and dark paper; no font or file is fetched. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1d2127; --soft: #5d6673; --edge: #e2e4e8;
  --utility: #1668c7; --gate: #c2410c; --frontier: #1d2127; --oracle: #15803d; --random: #8a93a0;
  --good: #15803d; --bad: #b42318; --unsure: #a15c07;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1c2026; --ink: #e7eaee; --soft: #9ba5b2; --edge: #333a43;
    --utility: #6cb0ff; --gate: #ff9d66; --frontier: #e7eaee; --oracle: #5dd28a; --random: #7d8794;
    --good: #5dd28a; --bad: #ff8a7a; --unsure: #f2bd5c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 36px 0 10px; }
p { margin: 6px 0; }
.soft { color: var(--soft); }
.verdict { margin: 20px 0; padding: 14px 18px; background: var(--card); border: 1px solid var(--edge); border-left: 5px solid var(--unsure); border-radius: 6px; font-size: 17px; }
.verdict.beats { border-left-color: var(--good); }
.verdict.not-measured { border-left-color: var(--soft); }
.verdict.does-not-beat, .verdict.nothing-to-route { border-left-color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: 6px; padding: 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.tiles div { background: var(--card); border: 1px solid var(--edge); border-radius: 6px; padding: 10px 14px; }
.tiles b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: 12.5px; display: block; }
.wide { position: relative; overflow-x: auto; background: var(--card); border: 1px solid var(--edge); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 7px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--edge); }
th:first-child, td:last-child { padding-inline: 10px; }
th:first-child { text-align: left; white-space: normal; min-width: 150px; position: sticky; left: 0; background: var(--card); }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; overflow-wrap: break-word; }
.card + .wide { margin-top: 12px; }
tbody tr:last-child > * { border-bottom: 0; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--edge); stroke-width: 1; }
.tick { fill: var(--soft); font-size: 12px; }
.axis { fill: var(--ink); font-size: 13px; }
.name { fill: var(--ink); font-size: 11.5px; paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.line.utility { stroke: var(--utility); } .line.gate { stroke: var(--gate); }
.line.frontier { stroke: var(--frontier); stroke-dasharray: 7 5; }
.line.oracle { stroke: var(--oracle); stroke-width: 1.5; }
.line.random { stroke: var(--random); stroke-dasharray: 2 4; }
.candidate { fill: var(--card); stroke: var(--frontier); stroke-width: 1.8; }
.leader { stroke: var(--soft); stroke-width: 0.8; }
.bin { fill: var(--utility); }
.out { fill: var(--card); stroke: var(--gate); stroke-width: 2.2; }
.drop { stroke: var(--soft); stroke-width: 2; }
.zero { stroke: var(--ink); stroke-width: 1; }
.group { fill: var(--ink); font-size: 12.5px; }
.chosen { stroke: var(--card); stroke-width: 1.5; }
.chosen.utility { fill: var(--utility); } .chosen.gate { fill: var(--gate); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 4px 0; font-size: 13px; color: var(--soft); }
.legend svg { width: 26px; height: 10px; display: inline-block; margin-right: 6px; vertical-align: middle; }
.narrow { max-width: 640px; }
.verdict b { font-weight: 600; font-size: 15px; overflow-wrap: anywhere; }
@media (max-width: 640px) {
  main { padding: 20px 12px 48px; }
  .card { overflow-x: auto; }
  .card > svg { min-width: 600px; }
  .card.narrow > svg { min-width: 0; }
  .tiles { grid-template-columns: 1fr 1fr; }
  th:first-child { min-width: 120px; max-width: 46vw; overflow-wrap: anywhere; }
}
ul { margin: 6px 0; padding-left: 20px; }
`;
