/** The head of a table has no room on a phone: what it is sorted by is chosen from a list. */
import type { SortingState } from "@tanstack/react-table";

import type { Column } from "@/components/ui/data-table";

interface SortOnPhoneProps<Row> {
  columns: readonly Column<Row>[];
  sorting: SortingState;
  onSort: (sorting: SortingState) => void;
}

export function SortOnPhone<Row>({ columns, sorting, onSort }: SortOnPhoneProps<Row>) {
  const sortable = columns.filter((column) => column.compare !== undefined);
  if (sortable.length === 0) return null;
  const [by] = sorting;
  return (
    <label className="text-muted mb-1 flex items-center gap-2 text-xs sm:hidden">
      Sort by
      <select
        value={by === undefined ? "" : `${by.id} ${by.desc ? "down" : "up"}`}
        onChange={(event) => {
          const [id = "", way] = event.target.value.split(" ");
          onSort(id === "" ? [] : [{ id, desc: way === "down" }]);
        }}
        className="bg-surface min-w-0 flex-1 rounded-md border px-2 py-1.5"
      >
        <option value="">newest first</option>
        {sortable.flatMap(({ id, head }) => [
          <option key={`${id} up`} value={`${id} up`}>
            {head}, ascending
          </option>,
          <option key={`${id} down`} value={`${id} down`}>
            {head}, descending
          </option>,
        ])}
      </select>
    </label>
  );
}
