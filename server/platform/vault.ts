import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { stringifyJson } from './json.ts'

/**
 * Personal data at rest. Each person has a key of their own, stored wrapped by the master key beside the sealed data.
 * Destroying the wrapped key erases the person in every copy and backup at once, while the books, which hold ids only,
 * stay whole. AES-256-GCM throughout (NIST SP 800-38D): a changed byte is refused, not decrypted into nonsense.
 */
export interface Vault {
  /** A fresh key for one person, wrapped: what is stored. */
  newPersonKey(): Buffer
  /** Encrypts a value as JSON. */
  seal(wrappedKey: Uint8Array, value: unknown): Buffer
  /** Decrypts what `seal` made; throws `VaultError` for a wrong key or changed bytes. */
  open(wrappedKey: Uint8Array, sealed: Uint8Array): unknown
  /**
   * A keyed hash (HMAC-SHA-256, hex) by which a person is found without decrypting anyone. The caller normalises the
   * text. Tenant and kind are part of it, so equal numbers of two tenants cannot be matched.
   */
  fingerprint(tenantId: string, kind: string, normalisedText: string): string
}

export class VaultError extends Error {
  override readonly name = 'VaultError'
}

const nonceBytes = 12
const tagBytes = 16
/** First byte of everything encrypted, so that a later format can be told from this one. */
const formatVersion = 1

export function createVault(masterKey: Uint8Array): Vault {
  if (masterKey.length !== 32) throw new RangeError(`the master key has ${masterKey.length} bytes, not 32`)
  // One secret, two purposes: each gets a key derived for it alone (HKDF, RFC 5869).
  const wrappingKey = derive(masterKey, 'chit wrap person keys v1')
  const fingerprintKey = derive(masterKey, 'chit fingerprints v1')
  const unwrap = (wrappedKey: Uint8Array): Buffer => decrypt(wrappingKey, wrappedKey)
  return {
    newPersonKey: () => encrypt(wrappingKey, randomBytes(32)),
    seal: (wrappedKey, value) => encrypt(unwrap(wrappedKey), Buffer.from(stringifyJson(value))),
    open: (wrappedKey, sealed): unknown => JSON.parse(decrypt(unwrap(wrappedKey), sealed).toString()),
    fingerprint: (tenantId, kind, normalisedText) =>
      // Lengths in front keep ('a', 'bc') and ('ab', 'c') apart.
      createHmac('sha256', fingerprintKey)
        .update(`${tenantId.length}:${tenantId}${kind.length}:${kind}${normalisedText}`)
        .digest('hex'),
  }
}

function derive(masterKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), purpose, 32))
}

/** version (1) · nonce (12) · ciphertext · tag (16) */
function encrypt(key: Uint8Array, plain: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([Buffer.of(formatVersion), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Uint8Array, encrypted: Uint8Array): Buffer {
  if (encrypted[0] !== formatVersion || encrypted.length < 1 + nonceBytes + tagBytes) {
    throw new VaultError('this was not encrypted by the vault')
  }
  const nonce = encrypted.subarray(1, 1 + nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAuthTag(encrypted.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(encrypted.subarray(1 + nonceBytes, -tagBytes)), decipher.final()])
  } catch {
    throw new VaultError('the key is not the right one, or the data was changed')
  }
}
