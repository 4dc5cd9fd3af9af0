import { after, test } from 'node:test'
import { type Dispute, plainTerms, testCredit } from '../testing.ts'
import { assertEachIsFound, type Tampering } from './testing.ts'

const credit = await testCredit({ after })

test('what is changed of a dispute behind the system’s back is found', async () => {
  const world = await credit.sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  const [disputed, other] = [
    await world.buy({ lineId, merchantId, amount: 25_900 }),
    await world.buy({ lineId, merchantId, amount: 10_000 }),
  ]
  const { id } = await world.post<Dispute>(`/v1/charges/${disputed.id}/disputes`, { reason: 'duplicate' })
  await world.advance('2026-04-04')
  const [bill] = await world.statements(lineId)
  const withheld = `liability:merchant:${merchantId}:disputed`
  const ends = `status = 'rejected', resolved_on = '2026-04-04', resolved_at = '2026-04-04T00:00:00Z'`
  const row = `id = '${id}'`
  const cases: Tampering[] = [
    ['what is withheld', 'disputes', row, 'withheld_minor = withheld_minor - 1', [new RegExp(withheld), /:payable/]],
    [
      'an end that nobody decided',
      'disputes',
      row,
      ends,
      [new RegExp(withheld), /1 loans stand as disputed, no dispute/],
    ],
    ['a dispute that is gone', 'disputes', row, `delete from disputes where ${row}`, [/no dispute is open/]],
    [
      'more than there is',
      'disputes',
      row,
      'amount_minor = amount_minor + 1',
      [/25901 is disputed, 25900 can be refunded/],
    ],
    [
      'a loan that is asked for',
      'loans',
      `charge_id = '${disputed.id}'`,
      `bucket = 'current'`,
      [/0 stand as disputed and 1 do/],
    ],
    [
      'a loan that is not',
      'loans',
      `charge_id = '${other.id}'`,
      `bucket = 'disputed'`,
      [new RegExp(`charge ${other.id}: 1 loans`)],
    ],
    [
      'a bill that asks for it',
      'statements',
      `id = '${bill!.id}'`,
      `items = items || jsonb_build_array(jsonb_set(items -> 0, '{loanId}', '"${disputed.loanIds[0]}"'))`,
      [/its items are .*computed again/],
    ],
  ]
  await assertEachIsFound(credit.db, world, cases)
})
