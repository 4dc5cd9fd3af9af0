/** That scripts/cluster-rules.test.ts would see a function that leaves its shard: each planted here is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { straysFrom, touches } from './shard-rules.ts'

const cut = new Set(['lines', 'loans', 'charges', 'refunds', 'shard_heads', 'idempotency_keys'])
const own = 'where l.shard = p_shard'

const strays: Readonly<Record<string, string>> = {
  'no shard at all': `update lines l set version = 1 where l.id = 'x'`,
  'a join with the shard of one': `update lines l set version = 1 from loans o ${own} and o.line_id = l.id`,
  'a join by a comma': `update lines l set version = 1 from unnest(p_ids) i, loans o ${own} and o.line_id = l.id`,
  'a CTE': `with w as (select id from loans) update lines l set version = 1 from w ${own} and w.id = l.id`,
  'a subquery in a select list': `insert into refunds (shard, id) select p_shard, (select max(id) from charges)`,
  exists: `update lines l set version = 1 ${own} and exists (select 1 from loans where loans.line_id = l.id)`,
  'not in': `update lines l set version = 1 ${own} and l.id not in (select line_id from loans)`,
  'the same table twice, filtered once': `update lines set version = 1 where lines.shard = p_shard and id in (select id from lines)`,
  'the same name twice, filtered outside': `update lines l set version = 1 ${own} and exists (select from loans l where l.id = 'x')`,
  'half of a union': `perform l.id from lines l ${own} union all select l.id from lines l`,
  'one side of an or': `update lines l set version = 1 ${own} or l.id = any (p_ids)`,
  'a condition turned round': `update lines l set version = 1 where not l.shard = p_shard`,
  'a comparison that filters nothing': `update lines l set version = case when l.shard = p_shard then 1 else 0 end where l.id = 'x'`,
  'a filter in a string': `update lines l set status = 'where l.shard = p_shard' where l.id = 'x'`,
  'a filter in a comment': `update lines l set version = 1 /* where l.shard = p_shard */`,
  'what looks like a comment in a string': `raise notice '--'; update lines set version = 1`,
  'what looks like a long comment in strings': `raise notice '/*'; update lines set version = 1; raise notice '*/'`,
  'a string that ends elsewhere': `raise notice e'\\''; update lines set version = 1; raise notice ''`,
  'another number': `update lines l set version = 1 where l.shard = p_shard + 1`,
  'another parameter': `update lines l set version = 1 where l.shard = p_shard2`,
  'p_shard set anew': `p_shard := 0; update lines l set version = 1 ${own}`,
  'p_shard selected anew': `select 7 into p_shard; update lines l set version = 1 ${own}`,
  'rows of any shard': `insert into shard_heads (shard, seq) select s, 0 from generate_series(1, 3) s`,
  'a second row of another shard': `insert into shard_heads (shard, seq) values (p_shard, 0), (7, 0)`,
  'p_shard in another place': `insert into shard_heads (seq, shard) values (p_shard, 7)`,
  'a union of another shard': `insert into shard_heads (shard, seq) select p_shard, 0 union all select 7, 0`,
  'rows of their own shard, or others': `insert into refunds select r.* from unnest(p_refunds) r where r.shard = p_shard or true`,
  'a row moved by its conflict': `insert into shard_heads (shard, seq) values (p_shard, 0) on conflict (shard) do update set shard = 7`,
  'a row moved': `update shard_heads h set shard = 7 where h.shard = p_shard`,
  'a row moved among others': `update shard_heads h set (seq, shard) = (1, 7) where h.shard = p_shard`,
  'capital letters': `UPDATE lines SET version = 1`,
  'a row of capital letters': `INSERT INTO shard_heads VALUES (7, 0)`,
  'only this table': `update only lines set version = 1`,
  'the name of the schema': `update public.lines set version = 1`,
  'a quoted name': `update "lines" set version = 1`,
  'delete … using': `delete from lines l using loans o ${own} and o.line_id = l.id`,
  merge: `merge into lines l using (select 'x' as id) s on l.id = s.id when matched then update set version = 1`,
  'merge from another table': `merge into lines l using loans o on l.shard = p_shard and l.id = o.line_id when matched then delete`,
  truncate: `truncate lines`,
  'a locked table': `lock table lines`,
  'a table read whole': `insert into refunds table refunds`,
  'a temporary table': `create temp table t as select l.id from lines l ${own}`,
  'SQL put together': `execute format('delete from %I', 'lines')`,
  lateral: `perform x.id from unnest(p_ids) i cross join lateral (select o.id from loans o where o.line_id = i limit 1) x`,
  'a right join': `perform o.id from unnest(p_ids) i right join loans o on o.id = i and o.shard = p_shard`,
  'an outer join that filters the other side': `perform o.id from loans o left join unnest(p_ids) i on o.id = i and o.shard = p_shard`,
  'rows locked by their ids': `perform 1 from lines where id = any (p_ids) for update`,
  'a condition of a branch': `if exists (select from loans where id = 'x') then update lines l set version = 1 ${own}; end if`,
  'a loop over all': `for r in select id from loans loop update lines l set version = 1 ${own} and l.id = r.id; end loop`,
  'a writing CTE': `with w as ( delete from lines l ${own} returning l.id) insert into shard_heads (shard, seq) select p_shard, 1 from w`,
  'a sequence': `update lines l set version = nextval('s') ${own}`,
  'a call for another shard': `perform commit_operations(7::smallint, p_operations)`,
}

for (const [name, source] of Object.entries(strays)) {
  test(`refused: ${name}`, () => {
    assert.notDeepEqual(straysFrom(`begin ${source}; end`, cut, ['commit_operations']), [])
  })
}

const kept = [
  `update lines l set version = 1 ${own} and l.id = any (p_ids) and (l.status = 'active' or l.held_minor = 0)`,
  `update lines l set version = 1 from unnest(p_ids) i ${own} and l.id = i returning l.version into v_version`,
  `select 1 from loans where loans.shard = p_shard`,
  `perform k.key from unnest(p_ids) i left join lateral (select * from idempotency_keys k where k.shard = p_shard and k.key = i limit 1) k on true`,
  `if not found then insert into shard_heads (shard, seq) values (p_shard, 0) on conflict (shard) do nothing; end if`,
  `insert into refunds select r.* from unnest(p_refunds) r where r.shard = p_shard and r.line_id is not null`,
  `insert into shard_heads (shard, seq) select p_shard, 1 on conflict (shard) do update set seq = shard_heads.seq + 1`,
  `v_rows := array(select row(p_shard, 1)::lines); perform commit_operations(p_shard, p_operations)`,
]

for (const source of kept) {
  test(`kept: ${source}`, () => assert.deepEqual(straysFrom(`begin ${source}; end`, cut, ['commit_operations']), []))
}

test('a function that only reads is seen as well, one that names a row type or a parameter is not taken for it', () => {
  assert.equal(touches('begin return (select count(*) from "lines"); end', cut), true)
  assert.equal(
    touches(`declare v_moved lines[]; begin p_lines := array(select x::lines); raise 'lines'; end`, cut),
    false,
  )
})
