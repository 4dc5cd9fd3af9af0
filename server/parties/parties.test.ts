import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Queryable } from '../platform/database.ts'
import { shardOf } from '../platform/ids.ts'
import { callerOf } from '../platform/testing.ts'
import { type Dispute, plainTerms, testCredit } from '../testing.ts'
import type { CustomerView } from './customers.ts'

const { sandbox, app, db } = await testCredit({ after })

const person = { name: 'Zhuge Qingyun', idNumber: '31010119900307427X', phone: '+86 138-1234 5678' }

/** Every text and JSON value of every row of the database in which a text occurs, as `table.column`. */
async function placesOf(text: string): Promise<string[]> {
  const columns = await db<{ tableName: string; columnName: string; dataType: string }[]>`
    select c.table_name, c.column_name, c.data_type
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE'`
  const found: string[] = []
  for (const { tableName, columnName, dataType } of columns) {
    const cell = dataType === 'bytea' ? db`encode(${db(columnName)}, 'escape')` : db`${db(columnName)}::text`
    const rows = await db`select 1 from ${db(tableName)} where ${cell} ilike ${`%${text}%`} limit 1`
    if (rows.length > 0) found.push(`${tableName}.${columnName}`)
  }
  return found
}

test('name, id number and phone stand nowhere in the database in the clear', async () => {
  const world = await sandbox('2026-03-05')
  const customer = await world.post<CustomerView>('/v1/customers', { ...person, reference: 'crm-4711' })
  assert.deepEqual(customer.personal, person)
  assert.deepEqual((await world.get<CustomerView>(`/v1/customers/${customer.id}`)).personal, person)
  for (const secret of ['Zhuge', 'Qingyun', '31010119900307427X', '138-1234', '13812345678', '1234 5678']) {
    assert.deepEqual(await placesOf(secret), [], `"${secret}" can be read`)
  }
  // The search itself works: what is not personal is found.
  assert.ok((await placesOf('crm-4711')).includes('customers.reference'))
  assert.ok((await placesOf(customer.id)).includes('journal.data') || (await placesOf(customer.id)).length > 1)
})

test('a customer is found by phone, however it is written, and by the caller’s reference', async () => {
  const world = await sandbox('2026-03-05')
  const { id } = await world.post<CustomerView>('/v1/customers', { ...person, reference: 'crm-1' })
  await world.post('/v1/customers', { name: 'Somebody Else', phone: '13900000000' })
  const found = async (query: string) =>
    (await world.get<{ data: CustomerView[] }>(`/v1/customers?${query}`)).data.map((customer) => customer.id)
  assert.deepEqual(await found(`phone=${encodeURIComponent('+86 138-1234 5678')}`), [id])
  assert.deepEqual(await found(`phone=${encodeURIComponent('+8613812345678')}`), [id])
  assert.deepEqual(await found('reference=crm-1'), [id])
  assert.deepEqual(await found('reference=crm-2'), [])
  assert.deepEqual(await found('phone=10000'), [])
  const both = await world.call<{ code: string }>('GET', '/v1/customers?phone=10000&reference=crm-1')
  assert.equal(both.body.code, 'invalid-request')
})

test('one person is one customer of a tenant, and may be another tenant’s too', async () => {
  const [world, other] = [await sandbox('2026-03-05'), await sandbox('2026-03-05')]
  const { id } = await world.post<CustomerView>('/v1/customers', person)
  const again = await world.refusal('/v1/customers', { name: 'Z. Q.', idNumber: '310101 19900307 427x' })
  assert.equal(again.code, 'customer-exists')
  assert.equal(again.customerId, id)
  assert.notEqual((await other.post<CustomerView>('/v1/customers', person)).id, id)

  const guests = [await world.post<CustomerView>('/v1/customers', { name: 'Guest' })]
  guests.push(await world.post<CustomerView>('/v1/customers', { name: 'Guest' }))
  assert.notEqual(guests[0]!.id, guests[1]!.id, 'who shows no identity is somebody new each time')
})

test('a repeated request is answered with the same customer, personal data included', async () => {
  const world = await sandbox('2026-03-05')
  const body = { ...person, reference: 'crm-1' }
  const first = await world.call<CustomerView>('POST', '/v1/customers', body, { idempotencyKey: 'one' })
  const second = await world.call<CustomerView>('POST', '/v1/customers', body, { idempotencyKey: 'one' })
  assert.equal(second.headers['idempotent-replayed'], 'true')
  assert.deepEqual(second.body, first.body)
})

test('erasing destroys the person in every table and keeps the books; the person may come back as somebody new', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const reference = 'zhuge@example.org'
  const customer = await world.post<CustomerView>('/v1/customers', { ...person, reference })
  const line = await world.post<{ id: string }>('/v1/lines', { customerId: customer.id, programId: program.id })
  await world.buy({ lineId: line.id, merchantId, amount: 25_900 })

  const refusal = await world.refusal(`/v1/customers/${customer.id}/erase`)
  assert.equal(refusal.code, 'customer-has-open-lines', 'not while the contract runs')
  await world.pay(line.id, 25_900)
  await world.post(`/v1/lines/${line.id}/close`)

  const erased = await world.post<CustomerView>(`/v1/customers/${customer.id}/erase`)
  assert.equal(erased.personal, null)
  const read = await world.get<CustomerView>(`/v1/customers/${customer.id}`)
  assert.deepEqual([read.personal, read.reference, read.erasedAt !== null], [null, null, true])
  const { data: byPhone } = await world.get<{ data: [] }>(`/v1/customers?phone=${encodeURIComponent(person.phone)}`)
  assert.deepEqual(byPhone, [])
  assert.deepEqual(await placesOf(reference), [], 'the reference may name the person as well')
  const [row] = await db`select wrapped_key, sealed, phone_hash from customers where id = ${customer.id}`
  assert.deepEqual({ ...row }, { wrappedKey: null, sealed: null, phoneHash: null })

  assert.equal((await world.loansOf(line.id))[0]!.status, 'paid', 'the books know the loan still')
  await world.booksAreTrue()
  await world.post(`/v1/customers/${customer.id}/erase`)
  const application = { customerId: customer.id, programId: program.id }
  assert.equal((await world.refusal('/v1/lines', application)).code, 'customer-erased')
  assert.notEqual((await world.post<CustomerView>('/v1/customers', person)).id, customer.id)
})

/** Sends a request, and does `meanwhile` to the customer's shard at the moment before the request's own commit. */
async function overtaken<Answer>(
  customerId: string,
  send: () => Promise<Answer>,
  meanwhile: (db: Queryable) => Promise<unknown>,
): Promise<Answer> {
  let answer: Promise<Answer>
  await db.begin(async (transaction) => {
    await transaction`select seq from shard_heads where shard = ${shardOf(customerId)} for update`
    answer = send()
    const isWaiting = async () => {
      const [row] = await db`select exists (select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%commit_operations%') as waits`
      return row!.waits
    }
    while (!(await isWaiting())) await delay(5)
    await meanwhile(transaction)
  })
  return answer!
}

test('erasing takes what was noted about a dispute along, out of every table; the references of its papers stay', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const disputed = async (customer: string, note: string) => {
    const { id: customerId } = await world.post<CustomerView>('/v1/customers', { name: customer, reference: customer })
    const line = await world.post<{ id: string }>('/v1/lines', { customerId, programId: program.id })
    const { id: chargeId } = await world.buy({ lineId: line.id, merchantId, amount: 25_900 })
    const claim = { reason: 'other', reference: `claim of ${customer}` }
    const { id } = await world.post<Dispute>(`/v1/charges/${chargeId}/disputes`, claim)
    const answers = []
    for (const idempotencyKey of [customer, customer]) {
      const decision = { outcome: 'rejected', note }
      answers.push(await world.call<Dispute>('POST', `/v1/disputes/${id}/resolve`, decision, { idempotencyKey }))
    }
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.note]),
      [
        [200, note],
        [200, note],
      ],
    )
    assert.deepEqual(answers[1]!.body, answers[0]!.body)
    assert.equal((await world.get<Dispute>(`/v1/disputes/${id}`)).note, note)
    await world.pay(line.id, 25_900)
    await world.post(`/v1/lines/${line.id}/close`)
    return { id, customerId }
  }
  const erased = await disputed('one', 'her neighbour at Tulip Lane has it')
  const other = await disputed('two', 'his porter at Rose Lane has it')
  await world.post(`/v1/customers/${erased.customerId}/erase`)

  const read = await world.get<Dispute>(`/v1/disputes/${erased.id}`)
  assert.deepEqual([read.note, read.reference, read.status], [null, 'claim of one', 'rejected'])
  assert.deepEqual(await placesOf('Tulip Lane'), [])
  assert.equal((await world.get<Dispute>(`/v1/disputes/${other.id}`)).note, 'his porter at Rose Lane has it')
  await world.booksAreTrue()
})

test('a line that was decided on before its customer was erased, and commits after, is refused', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const customer = await world.post<CustomerView>('/v1/customers', { ...person, phone: '+86 138-1234 5679' })
  const application = { customerId: customer.id, programId: program.id }
  const refusal = await overtaken(
    customer.id,
    () => world.refusal('/v1/lines', application),
    (transaction) => transaction`update customers set erased_at = now() where id = ${customer.id}`,
  )
  assert.equal(refusal.code, 'customer-erased')
  assert.deepEqual([...(await db`select id from lines where customer_id = ${customer.id}`)], [])
  await world.booksAreTrue()
})

test('a line on which a purchase comes in at the moment of its closing stays open', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const customer = await world.post<CustomerView>('/v1/customers', { ...person, phone: '+86 138-1234 5670' })
  const line = await world.post<{ id: string }>('/v1/lines', { customerId: customer.id, programId: program.id })
  let refusal: Promise<{ code: string }> | undefined
  await overtaken(
    customer.id,
    () => world.buy({ lineId: line.id, merchantId, amount: 25_900 }),
    async () => {
      // Decided while the purchase waits for its commit, and behind it in the queue.
      refusal = world.refusal(`/v1/lines/${line.id}/close`)
      await delay(200)
    },
  )
  assert.equal((await refusal!).code, 'line-in-use')
  const read = await world.get<{ status: string; owed: number }>(`/v1/lines/${line.id}`)
  assert.deepEqual([read.status, read.owed], ['active', 25_900])
  await world.booksAreTrue()
})

test('a customer for whom a line is opened at the moment of the erasing is not erased', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const customer = await world.post<CustomerView>('/v1/customers', person)
  const line = await world.post<{ id: string }>('/v1/lines', { customerId: customer.id, programId: program.id })
  await world.post(`/v1/lines/${line.id}/close`)
  const refusal = await overtaken(
    customer.id,
    () => world.refusal(`/v1/customers/${customer.id}/erase`),
    (transaction) => transaction`update lines set status = 'active' where id = ${line.id}`,
  )
  assert.equal(refusal.code, 'customer-has-open-lines')
  assert.deepEqual((await world.get<CustomerView>(`/v1/customers/${customer.id}`)).personal, person)
})

test('a dispute and the erasing of its customer at the same moment: the later one is refused', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const settled = async () => {
    const { id: customerId } = await world.post<CustomerView>('/v1/customers', { name: 'Sun Er' })
    const line = await world.post<{ id: string }>('/v1/lines', { customerId, programId: program.id })
    const { id: chargeId } = await world.buy({ lineId: line.id, merchantId, amount: 25_900 })
    await world.pay(line.id, 25_900)
    await world.post(`/v1/lines/${line.id}/close`)
    return { customerId, chargeId }
  }
  const erased = await settled()
  const tooLate = await overtaken(
    erased.customerId,
    () => world.refusal(`/v1/charges/${erased.chargeId}/disputes`, { reason: 'other' }),
    (transaction) => transaction`update customers set erased_at = now() where id = ${erased.customerId}`,
  )
  assert.equal(tooLate.code, 'customer-erased')
  assert.deepEqual([...(await db`select id from disputes where charge_id = ${erased.chargeId}`)], [])

  const { customerId, chargeId } = await settled()
  let refused: ReturnType<typeof world.refusal> | undefined
  const dispute = await overtaken(
    customerId,
    () => world.post<Dispute>(`/v1/charges/${chargeId}/disputes`, { reason: 'other' }),
    async () => {
      // Decided while the dispute waits for its commit, and behind it in the queue.
      refused = world.refusal(`/v1/customers/${customerId}/erase`)
      await delay(200)
    },
  )
  const refusal = await refused!
  assert.deepEqual([refusal.code, refusal.disputeId], ['charge-disputed', dispute.id])
  await world.booksAreTrue()
})

test('a secret key is shown once, kept as a hash, and stops at once when it is revoked', async () => {
  const world = await sandbox('2026-03-05')
  const draft = { label: 'checkout', role: 'operator' }
  const made = await world.post<{ id: string; secret: string }>('/v1/api-keys', draft)
  assert.match(made.secret, /^sk_sandbox_[0-9a-z]{52}$/)
  assert.deepEqual(await placesOf(made.secret), [])
  const { data: keys } = await world.get<{ data: Record<string, unknown>[] }>('/v1/api-keys')
  assert.deepEqual(
    keys.map((key) => [key.label, key.role, key.revokedAt, 'secret' in key]),
    [
      ['first key', 'admin', null, false],
      ['checkout', 'operator', null, false],
    ],
  )

  const call = callerOf(app, made.secret)
  assert.equal((await call('GET', '/v1/clock')).status, 200)
  assert.equal((await call('GET', '/v1/api-keys')).status, 403, 'keys are an admin’s')
  await world.post(`/v1/api-keys/${made.id}/revoke`)
  assert.equal((await call('GET', '/v1/clock')).status, 401)
})

test('a reader’s key reads and writes nothing; an operator’s makes no keys', async () => {
  const world = await sandbox('2026-03-05')
  const keyOf = async (role: string) =>
    callerOf(app, (await world.post<{ secret: string }>('/v1/api-keys', { label: role, role })).secret)
  const [reader, operator] = [await keyOf('reader'), await keyOf('operator')]
  assert.equal((await reader('GET', '/v1/programs')).status, 200)
  const refused = await reader<{ code: string }>('POST', '/v1/merchants', { name: 'Shop' })
  assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden'])
  assert.equal((await operator('POST', '/v1/merchants', { name: 'Shop' })).status, 201)
  assert.equal((await operator('POST', '/v1/api-keys', { label: 'more' })).status, 403)
  assert.equal((await operator('POST', '/v1/staff', { name: 'Chen', role: 'admin' })).status, 403)
})

test('a sandbox makes another, with a clock of its own and nothing of the first in it', async () => {
  const world = await sandbox('2026-03-05')
  await world.merchant({ reference: 'shop' })
  const draft = { name: 'Second', timeZone: 'America/New_York', now: '2027-01-31T12:00:00Z' }
  const second = await world.post<{ tenantId: string; secretKey: string; now: string }>('/v1/sandboxes', draft)
  assert.notEqual(second.tenantId, world.tenantId)
  const call = callerOf(app, second.secretKey)
  const clock = await call<{ today: string; mode: string; lastClosedOn: string }>('GET', '/v1/clock')
  assert.deepEqual([clock.body.today, clock.body.mode, clock.body.lastClosedOn], ['2027-01-31', 'frozen', '2027-01-30'])
  assert.deepEqual((await call<{ data: [] }>('GET', '/v1/merchants')).body.data, [])
  assert.equal((await world.get<{ today: string }>('/v1/clock')).today, '2026-03-05')

  const nowhere = { ...draft, timeZone: 'Atlantis/Main_Street' }
  assert.equal((await world.refusal('/v1/sandboxes', nowhere)).code, 'invalid-request')
})

test('a merchant’s reference is its own within a tenant', async () => {
  const [world, other] = [await sandbox('2026-03-05'), await sandbox('2026-03-05')]
  await world.merchant({ reference: 'phones' })
  assert.equal((await world.refusal('/v1/merchants', { name: 'B', reference: 'phones' })).code, 'merchant-exists')
  await other.merchant({ reference: 'phones' })
  await world.merchant()
  await world.merchant()
})
