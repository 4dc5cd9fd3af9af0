/** What `scripts/upgrade-fixture.ts` kept of a release. */
export interface UpgradeFixture {
  readonly version: string
  readonly masterKey: string
  readonly tenantId: string
  readonly secretKey: string
  readonly lineId: string
  readonly merchantId: string
  /** An open hold. */
  readonly holdId: string
  /** A purchase that was answered before the upgrade. */
  readonly replay: { readonly key: string; readonly order: object; readonly answer: unknown }
  /** Paths, and what the release answered. */
  readonly answers: Readonly<Record<string, unknown>>
  /** Rows of every table, in the columns it had. */
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>
}
