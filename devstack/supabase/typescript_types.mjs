/*
 * TypeScript types of a database, made by the engine behind `supabase gen types typescript`.
 *
 * In:  on standard input, one JSON line per answer: {"number", "rows"}.
 * Out: on standard output, one JSON line per question, {"number", "sql"}; at the end {"types"}.
 * Next: typescript_types.py, which asks the database.
 */

import { createInterface } from "node:readline"
import process from "node:process"

import { generateTypescript, introspect, sortGeneratorMetadata } from "@supabase/postgrest-typegen"

const waiting = new Map()
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const database = {
  query(sql) {
    return new Promise((resolve) => {
      const number = waiting.size
      waiting.set(number, resolve)
      say({ number, sql })
    })
  },
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { number, rows } = JSON.parse(line)
  waiting.get(number)({ rows })
})

const metadata = await introspect(database, { includedSchemas: ["public"] })
const types = await generateTypescript(sortGeneratorMetadata(metadata), {
  detectOneToOneRelationships: true,
})
// Standard input is still open; what was said must have left before the end.
process.stdout.write(`${JSON.stringify({ types })}\n`, () => process.exit(0))
