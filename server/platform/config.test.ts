import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDatabaseUrl } from './config.ts'
import { StartupError } from './startup-error.ts'

/** Null: it is taken. */
const modes: [settings: string, refusal: RegExp | null][] = [
  ['', null],
  ['?sslmode=disable', null],
  ['?sslmode=prefer', null],
  ['?sslmode=require&application_name=x', null],
  ['?sslmode=verify-ca&sslrootcert=/etc/ca.pem', null],
  ['?sslmode=verify-full', null],
  ['?sslmode=allow', /has sslmode "allow" but must have one of disable, prefer, require, verify-ca, verify-full\./],
  ['?sslmode=no-verify', /has sslmode "no-verify"/],
  ['?sslmode=Require', /has sslmode "Require"/],
  ['?sslmode=', /has sslmode ""/],
  ['?sslmode=require&sslmode=no', /has sslmode "no"/],
  ['?sslmode=verify-ca', /has sslmode verify-ca and no sslrootcert/],
]

for (const [settings, refusal] of modes) {
  test(`DATABASE_URL with ${settings || 'no settings'} is ${refusal === null ? 'taken' : 'refused, and its password not shown'}`, () => {
    const url = `postgres://u:secret@db.example/chit${settings}`
    const read = () => readDatabaseUrl({ DATABASE_URL: url })
    if (refusal === null) return assert.equal(read(), url)
    assert.throws(read, (error) => {
      assert.ok(error instanceof StartupError)
      assert.match(String(error), refusal)
      assert.doesNotMatch(String(error), /secret/)
      return true
    })
  })
}
