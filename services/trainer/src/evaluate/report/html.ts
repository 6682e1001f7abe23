/** Text as it may stand in HTML or in an attribute: names come from data files. */
export function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A table whose first column is text and whose others are numbers. Cells are escaped. */
export function htmlTable(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows;
  const cells = (row: readonly string[], tag: "td" | "th") =>
    header.map((_, column) => `<${tag}>${escape(row[column] ?? "")}</${tag}>`).join("");
  const lines = body.map((row) => `<tr>${cells(row, "td")}</tr>`);
  return `<div class="wide"><table><thead><tr>${cells(header, "th")}</tr></thead><tbody>${lines.join("\n")}</tbody></table></div>`;
}
