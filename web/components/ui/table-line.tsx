"use client";

/** One row of a table, on a phone a card; drawn again only when it has changed. */
import { memo } from "react";

import type { Column } from "@/components/ui/data-table";
import { cn } from "@/lib/class-names";

interface TableLineProps<Row> {
  id: string;
  row: Row;
  columns: readonly Column<Row>[];
}

function Line<Row extends object>({ id, row, columns }: TableLineProps<Row>) {
  return (
    <tr
      data-id={id}
      className="hover:bg-raised/60 max-sm:grid max-sm:grid-cols-3 max-sm:gap-x-3 max-sm:gap-y-1.5 max-sm:border-b max-sm:px-4 max-sm:py-3"
    >
      {columns.map((column) => (
        <td
          key={column.id}
          className={cn(
            "px-2 py-2.5 first:pl-3 last:pr-3 sm:border-b sm:whitespace-nowrap",
            "max-sm:flex max-sm:min-w-0 max-sm:flex-col max-sm:items-start max-sm:p-0! max-sm:text-xs",
            column.isNumber === true && "tabular sm:text-right",
            column.isTitle === true && "max-sm:col-span-full max-sm:text-sm",
          )}
        >
          {column.isTitle !== true && (
            <span aria-hidden className="text-muted text-[0.7rem] sm:hidden">
              {column.head}
            </span>
          )}
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

// Of a thousand rows one has changed.
export const TableLine = memo(Line) as typeof Line;
