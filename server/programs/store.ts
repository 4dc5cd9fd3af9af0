import type { Review } from '../../core/program/review.ts'
import { createIntroducer, type Introduction } from '../platform/auth.ts'
import { createOwnedLoader } from '../platform/batcher.ts'
import { type Ahead, type Context, oncePerPlatform } from '../platform/context.ts'
import type { Queryable } from '../platform/database.ts'
import type { ProgramTermsJson, ProgramView } from './types.ts'

export async function insertProgram(db: Queryable, tenantId: string, program: ProgramView): Promise<void> {
  await db`
    insert into programs (id, tenant_id, name, status, created_at)
    values (${program.id}, ${tenantId}, ${program.name}, ${program.status}, ${program.createdAt})`
  await insertTerms(db, tenantId, program.id, 1, program.terms, program.review, program.createdAt)
}

export async function insertTerms(
  db: Queryable,
  tenantId: string,
  programId: string,
  version: number,
  terms: ProgramTermsJson,
  review: Review,
  createdAt: string,
): Promise<void> {
  await db`
    insert into program_terms (program_id, version, tenant_id, terms, review, created_at)
    values (${programId}, ${version}, ${tenantId}, ${terms}, ${review}, ${createdAt})`
}

export async function activateTerms(
  db: Queryable,
  programId: string,
  version: number,
  review: Review,
  at: string,
): Promise<void> {
  await db`
    update program_terms set activated_at = coalesce(activated_at, ${at}), review = ${review}
    where program_id = ${programId} and version = ${version}`
  await db`update programs set status = 'active', active_version = ${version} where id = ${programId}`
}

export async function findProgram(ctx: Context, programId: string): Promise<ProgramView | undefined> {
  const [program] = await selectPrograms(ctx, programId)
  return program
}

/** Which version of a program is in use. */
export type Standing = Pick<ProgramView, 'status' | 'activeVersion'>

type OwnedStanding = Standing & { readonly id: string; readonly tenantId: string }

/** Programs that requests of one turn ask for come in one query, without their terms, which are remembered. */
const standingLoaderOf = oncePerPlatform(({ db }) =>
  createOwnedLoader<OwnedStanding>(
    (ids) => db<OwnedStanding[]>`
      select id, tenant_id, status, active_version from programs where id = any (${db.typed.texts(ids)})`,
  ),
)

/** Undefined for an unknown id and for another tenant's. */
export function findStanding(ctx: Context, programId: string): Promise<Standing | undefined> {
  return standingLoaderOf(ctx.platform)(programId, ctx.tenantId, ctx.ahead)
}

type ProgramColumns = Omit<OwnedStanding, 'tenantId'> & { readonly programTenantId: string }

const introducerOf = oncePerPlatform(({ db, clock }) =>
  createIntroducer<ProgramColumns>(db, clock, {
    columns: db`p.id, p.tenant_id as program_tenant_id, p.status, p.active_version`,
    join: db`left join programs p on p.id = asked.id`,
    rowOf: ({ id, programTenantId: tenantId, status, activeVersion }) => ({ id, tenantId, status, activeVersion }),
  }),
)

/** What `findStanding` will be asked for, with its caller. */
export function lookAhead({ platform, keyHash }: Ahead, programId: string): Promise<Introduction> {
  return introducerOf(platform)(keyHash, programId)
}

export function listPrograms(ctx: Context): Promise<ProgramView[]> {
  return selectPrograms(ctx, null)
}

/** Each program with its latest version. */
function selectPrograms(ctx: Context, programId: string | null): Promise<ProgramView[]> {
  const { db } = ctx
  return db<ProgramView[]>`
    select distinct on (p.id) p.id, p.name, p.status, p.active_version, t.version as latest_version, t.terms, t.review, p.created_at
    from programs p
    join program_terms t on t.program_id = p.id
    where p.tenant_id = ${ctx.tenantId} ${programId === null ? db`` : db`and p.id = ${programId}`}
    order by p.id, t.version desc`
}

export async function findActivatedTerms(
  ctx: Context,
  programId: string,
  version: number,
): Promise<ProgramTermsJson | undefined> {
  const [row] = await ctx.db<{ terms: ProgramTermsJson }[]>`
    select terms from program_terms
    where program_id = ${programId} and version = ${version} and tenant_id = ${ctx.tenantId} and activated_at is not null`
  return row?.terms
}
