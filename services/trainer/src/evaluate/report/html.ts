/** Text as it may stand in HTML or in an attribute: names come from data files. */
export function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A table whose first column names its rows and whose others are numbers. Cells are escaped. */
export function htmlTable(caption: string, rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows;
  const head = header.map((text) => `<th scope="col">${escape(text)}</th>`).join("");
  const lines = body.map((row) => {
    const cells = header.slice(1).map((_, column) => `<td>${escape(row[column + 1] ?? "")}</td>`);
    return `<tr><th scope="row">${escape(row[0] ?? "")}</th>${cells.join("")}</tr>`;
  });
  return `<div class="wide" tabindex="0" role="region" aria-label="${escape(caption)}"><table><caption>${escape(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${lines.join("\n")}</tbody></table></div>`;
}

/** Sentences as a list. */
export function htmlList(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escape(line)}</li>`).join("\n")}</ul>`;
}
