import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createVault, VaultError } from './vault.ts'

const vault = createVault(Buffer.alloc(32, 7))
const person = { name: '李雷', idNumber: '11010519491231002X', phone: '13800000000' }

test('what is sealed with a person key can be opened with it', () => {
  const key = vault.newPersonKey()
  assert.deepEqual(vault.open(key, vault.seal(key, person)), person)
})

test('sealed data shows nothing of the person and differs each time', () => {
  const key = vault.newPersonKey()
  const sealed = vault.seal(key, person)
  assert.ok(!sealed.includes(Buffer.from(person.idNumber)))
  assert.notDeepEqual(vault.seal(key, person), sealed)
})

test('with another person key, another master key or one changed byte nothing opens', () => {
  const key = vault.newPersonKey()
  const sealed = vault.seal(key, person)
  assert.throws(() => vault.open(vault.newPersonKey(), sealed), VaultError)
  assert.throws(() => createVault(randomBytes(32)).open(key, sealed), VaultError)
  for (const position of [0, 5, 20, sealed.length - 1]) {
    const changed = Buffer.from(sealed)
    changed[position]! ^= 1
    assert.throws(() => vault.open(key, changed), VaultError, `byte ${position}`)
  }
  assert.throws(() => vault.open(key, sealed.subarray(0, 10)), VaultError)
})

test('a fingerprint is stable, and differs by tenant, kind, text and master key', () => {
  const print = vault.fingerprint('ten_a', 'phone', '13800000000')
  assert.match(print, /^[0-9a-f]{64}$/)
  assert.equal(vault.fingerprint('ten_a', 'phone', '13800000000'), print)
  const others = [
    vault.fingerprint('ten_b', 'phone', '13800000000'),
    vault.fingerprint('ten_a', 'id-number', '13800000000'),
    vault.fingerprint('ten_a', 'phone1', '3800000000'),
    createVault(Buffer.alloc(32, 8)).fingerprint('ten_a', 'phone', '13800000000'),
  ]
  assert.equal(new Set([print, ...others]).size, 5)
})

test('a master key of the wrong size is refused', () => {
  assert.throws(() => createVault(Buffer.alloc(16)), /16 bytes, not 32/)
})
