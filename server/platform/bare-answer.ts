import { STATUS_CODES } from 'node:http'

/** A problem as HTTP/1.1, for a connection on which node:http has no response to make. `document` is JSON. */
export function printBareAnswer(status: number, headers: Readonly<Record<string, string>>, document: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = Buffer.byteLength(document)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json; charset=utf-8\r\ncontent-length: ${length}\r\n${lines.join('')}\r\n${document}`
}
