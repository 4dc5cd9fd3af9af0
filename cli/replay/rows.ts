/** A CSV file as a stream of rows with their line numbers; gzip is undone where the file is gzip, whatever its name. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type CsvError, type Info, parse } from 'csv-parse'
import { CommandError } from '../command-line.ts'
import type { MalformedRow } from './orders.ts'

export interface Row {
  readonly line: number
  readonly cells: readonly string[]
}

/** A quote that is never closed would swallow the rest of the file; a row of this size is one. */
const longestRowCharacters = 100_000

/** Rows after rows, the head first. `onMalformed` is told of what is not CSV; reading goes on behind it. */
export async function* readRows(
  file: string,
  delimiter: string,
  onMalformed: (row: MalformedRow) => void,
): AsyncGenerator<Row> {
  const source = await openFile(file)
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: longestRowCharacters,
    on_skip: (error: CsvError | undefined) => {
      onMalformed({ line: Number(error?.lines ?? 0), reason: `not CSV: ${error?.message ?? 'unreadable'}` })
    },
  })
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      yield { line: info.lines, cells: record }
    }
  } catch (error) {
    throw new CommandError(`${file} can’t be read: ${(error as Error).message}`)
  }
}

async function openFile(file: string): Promise<Readable> {
  const isGzip = await startsAsGzip(file).catch((error: Error & { code?: string }) => {
    throw new CommandError(
      error.code === 'ENOENT' ? `There is no file ${file}.` : `${file} can’t be read: ${error.message}`,
    )
  })
  const raw = createReadStream(file)
  if (!isGzip) return raw
  const unzipped = createGunzip()
  raw.on('error', (error) => unzipped.destroy(error))
  return raw.pipe(unzipped)
}

async function startsAsGzip(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}
