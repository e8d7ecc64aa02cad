"use client";

/**
 * Rows in columns that can be sorted; on a phone each row is a card.
 *
 * In:  rows and columns; a column says how to compare when its text is no number.
 * Out: a table with `aria-sort`, its head in sight while the rows scroll.
 *
 * A hundred rows are drawn, and as many more each time one scrolls to the end: with a thousand in
 * the document a new one on top costs the browser a tenth of a second.
 */
import {
  type Column as TableColumn,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";

import { ShowMore } from "@/components/ui/show-more";
import { SortOnPhone } from "@/components/ui/sort-on-phone";
import { TableLine } from "@/components/ui/table-line";
import { cn } from "@/lib/class-names";

export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** Negative when `one` comes first in ascending order; absent: this column is not sorted by. */
  readonly compare?: (one: Row, other: Row) => number;
  readonly isNumber?: boolean;
  /** On a phone it stands across its row, without its name. */
  readonly isTitle?: boolean;
}

interface DataTableProps<Row> {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  idOf: (row: Row) => string;
  /** Read out as the table's name. */
  caption: string;
}

const ROWS = 100;

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
type Features = typeof features;

export function DataTable<Row extends object>({ rows, columns, idOf, caption }: DataTableProps<Row>) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const [drawn, setDrawn] = useState(ROWS);
  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.head,
        accessorFn: (row: Row) => row,
        enableSorting: column.compare !== undefined,
        // Of figures one wants the greatest first, of words the first of the alphabet.
        sortDescFirst: column.isNumber === true,
        sortFn: (one: { original: Row }, other: { original: Row }) =>
          column.compare?.(one.original, other.original) ?? 0,
      })),
    [columns],
  );
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable<Features, Row>({
    features,
    data,
    columns: definitions,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: idOf,
  });
  const byId = new Map(columns.map((column) => [column.id, column]));
  return (
    <>
      <SortOnPhone columns={columns} sorting={sorting} onSort={setSorting} />
      <div
        role="region"
        aria-label={`${caption}, scrollable`}
        tabIndex={0}
        className="-mx-4 overflow-auto sm:mx-0 sm:max-h-[70dvh]"
      >
        <table className="w-full border-separate border-spacing-0 text-[0.8125rem] max-sm:block">
          <caption className="sr-only">{caption}</caption>
          <thead className="bg-surface sticky top-0 z-10 max-sm:hidden">
            <tr>
              {table.getHeaderGroups()[0]?.headers.map((header) => (
                <Head
                  key={header.id}
                  column={header.column}
                  text={byId.get(header.column.id)?.head ?? ""}
                  isNumber={byId.get(header.column.id)?.isNumber ?? false}
                />
              ))}
            </tr>
          </thead>
          <tbody className="max-sm:block">
            {table
              .getRowModel()
              .rows.slice(0, drawn)
              .map((row) => (
                <TableLine key={row.id} id={row.id} row={row.original} columns={columns} />
              ))}
          </tbody>
        </table>
        {rows.length > drawn && <ShowMore left={rows.length - drawn} onMore={() => setDrawn(drawn + ROWS)} />}
      </div>
    </>
  );
}

interface HeadProps<Row extends object> {
  column: TableColumn<Features, Row>;
  text: string;
  isNumber: boolean;
}

function Head<Row extends object>({ column, text, isNumber }: HeadProps<Row>) {
  const sorted = column.getIsSorted();
  const Icon = sorted === "asc" ? ArrowUp : sorted === "desc" ? ArrowDown : ChevronsUpDown;
  const spoken = sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none";
  const look = cn(
    "text-muted border-b px-2 py-2 text-xs font-medium whitespace-nowrap first:pl-3 last:pr-3",
    isNumber ? "text-right" : "text-left",
  );
  if (!column.getCanSort()) {
    return (
      <th scope="col" className={look}>
        {text}
      </th>
    );
  }
  return (
    <th scope="col" aria-sort={spoken} className={look}>
      <button
        type="button"
        onClick={() => column.toggleSorting()}
        className="hover:text-ink inline-flex items-center gap-1"
      >
        {text}
        <Icon aria-hidden className={cn("size-3", sorted === false && "opacity-40")} />
      </button>
    </th>
  );
}
