/** Rows as CSV (RFC 4180), saved by the browser; a cell cannot become a formula. */

type Cell = string | number | null;

/** The text of a CSV file. */
export function toCsv(head: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [head.map(quoted).join(",")];
  for (const row of rows) lines.push(row.map(quoted).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

/** Offers a text as a file. */
export function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function quoted(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  // Spreadsheets run what begins like a formula; a negative amount is none.
  const text = /^[=+@\t\r]|^-(?![\d.])/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
