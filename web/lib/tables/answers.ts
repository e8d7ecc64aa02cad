/** What PostgREST answered: rows, or an error whose sentence is fit for the screen. */

interface Answer<Row> {
  readonly data: Row | null;
  readonly error: { message: string; code: string; hint?: string | null } | null;
}

/** An error the database gave; `code` is its SQLSTATE or PostgREST's own. */
export class DatabaseError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.name = "DatabaseError";
    this.code = code;
  }
}

/** The data of an answer; throws a DatabaseError. */
export function dataOf<Row>(answer: Answer<Row>): Row {
  if (answer.error !== null) throw new DatabaseError(answer.error.message, answer.error.code);
  if (answer.data === null) throw new DatabaseError("the database answered nothing", "no_data");
  return answer.data;
}

/** The rows of an answer; throws a DatabaseError. */
export function rowsOf<Row>(answer: Answer<Row[]>): Row[] {
  return dataOf(answer);
}

/** Holds a write that answers nothing against its error. */
export function done(answer: Pick<Answer<unknown>, "error">): void {
  if (answer.error !== null) throw new DatabaseError(answer.error.message, answer.error.code);
}
