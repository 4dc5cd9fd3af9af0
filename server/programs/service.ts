/** Products: drafted, reviewed against the law in force, activated; a version in use never changes. */

import { reviewProgram } from '../../core/program/review.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import { findRulePack } from '../../core/rules/packs.ts'
import { once, postReplyWith } from '../journal/post.ts'
import type { Reply } from '../journal/types.ts'
import { findFunders } from '../parties/funders.ts'
import type { Context } from '../platform/context.ts'
import { isUniqueViolation } from '../platform/database.ts'
import { problem } from '../platform/errors.ts'
import * as store from './store.ts'
import { decodeProgramTerms, type ProgramTermsJson, type ProgramView } from './types.ts'

export function create(ctx: Context, draft: { name: string; terms: ProgramTermsJson }): Promise<Reply<ProgramView>> {
  return once(ctx, 0, () => draftProgram(ctx, draft))
}

async function draftProgram(
  ctx: Context,
  draft: { name: string; terms: ProgramTermsJson },
): Promise<Reply<ProgramView>> {
  const terms = await checkedTerms(ctx, draft.terms)
  const program: ProgramView = {
    id: ctx.platform.ids.create('prg'),
    name: draft.name,
    status: 'draft',
    activeVersion: null,
    latestVersion: 1,
    terms: draft.terms,
    review: reviewProgram(terms, ctx.today()),
    createdAt: ctx.timestamp(),
  }
  const events = [event('program.created', { programId: program.id, name: program.name, version: 1 })]
  return postReplyWith(ctx, { events }, 201, program, (db) => store.insertProgram(db, ctx.tenantId, program))
}

/** A further version; lines opened under an earlier one keep theirs. */
export function revise(ctx: Context, programId: string, termsJson: ProgramTermsJson): Promise<Reply<ProgramView>> {
  return once(ctx, 0, () => addTerms(ctx, programId, termsJson))
}

async function addTerms(ctx: Context, programId: string, termsJson: ProgramTermsJson): Promise<Reply<ProgramView>> {
  const program = await find(ctx, programId)
  const terms = await checkedTerms(ctx, termsJson)
  if (termsJson.currency !== program.terms.currency) {
    throw problem('terms-invalid', {
      detail: 'A program keeps its currency; create another program for another currency.',
    })
  }
  const version = program.latestVersion + 1
  const revised = { ...program, latestVersion: version, terms: termsJson, review: reviewProgram(terms, ctx.today()) }
  const events = [event('program.revised', { programId, version })]
  try {
    return await postReplyWith(ctx, { events }, 201, revised, (db) =>
      store.insertTerms(db, ctx.tenantId, programId, version, termsJson, revised.review, ctx.timestamp()),
    )
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw problem('conflict', { detail: 'Another version of these terms was added at the same moment.' })
  }
}

/** Throws `program-breaks-rules` while its worst case is above what its rule pack allows. */
export function activate(ctx: Context, programId: string): Promise<Reply<ProgramView>> {
  return once(ctx, 0, () => putToUse(ctx, programId))
}

async function putToUse(ctx: Context, programId: string): Promise<Reply<ProgramView>> {
  const program = await find(ctx, programId)
  const review = reviewProgram(decodeProgramTerms(program.terms), ctx.today())
  if (review.breaches.length > 0) {
    const detail = review.breaches.map((breach) => breach.detail).join(' ')
    throw problem('program-breaks-rules', { detail, extra: { breaches: review.breaches } })
  }
  const active = { ...program, status: 'active' as const, activeVersion: program.latestVersion, review }
  const events = [event('program.activated', { programId, version: program.latestVersion, review })]
  return postReplyWith(ctx, { events }, 200, active, (db) =>
    store.activateTerms(db, programId, program.latestVersion, review, ctx.timestamp()),
  )
}

export async function find(ctx: Context, programId: string): Promise<ProgramView> {
  const program = await store.findProgram(ctx, programId)
  if (program === undefined) throw problem('not-found', { detail: `There is no program ${programId}.` })
  return program
}

export function list(ctx: Context): Promise<ProgramView[]> {
  return store.listPrograms(ctx)
}

export interface ActiveProgram {
  readonly id: string
  readonly version: number
  readonly terms: ProgramTerms
}

/** Throws `program-not-active` where no version has been activated. */
export async function findActive(ctx: Context, programId: string): Promise<ActiveProgram> {
  const standing = await store.findStanding(ctx, programId)
  if (standing === undefined) throw problem('not-found', { detail: `There is no program ${programId}.` })
  const { status, activeVersion } = standing
  if (status !== 'active' || activeVersion === null) throw problem('program-not-active')
  const known = activated.get(`${programId}/${activeVersion}`)
  return { id: programId, version: activeVersion, terms: known ?? (await termsOf(ctx, programId, activeVersion)) }
}

export const { lookAhead } = store

/** Activated versions never change, so remembering them can't answer wrongly. */
const activated = new Map<string, ProgramTerms>()
const remembered = 10_000

export async function termsOf(ctx: Context, programId: string, version: number): Promise<ProgramTerms> {
  const key = `${programId}/${version}`
  const known = activated.get(key)
  if (known !== undefined) return known
  const json = await store.findActivatedTerms(ctx, programId, version)
  if (json === undefined) throw problem('not-found', { detail: `There is no program ${programId}.` })
  const terms = decodeProgramTerms(json)
  if (activated.size >= remembered) activated.clear()
  activated.set(key, terms)
  return terms
}

async function checkedTerms(ctx: Context, json: ProgramTermsJson): Promise<ProgramTerms> {
  const terms = decodeProgramTerms(json)
  if (findRulePack(terms.rulePack) === undefined) {
    throw problem('terms-invalid', { detail: `There is no rule pack "${terms.rulePack}".` })
  }
  const known = new Set(
    (
      await findFunders(
        ctx,
        terms.funding.shares.map((share) => share.funderId),
      )
    ).map((funder) => funder.id),
  )
  const missing = terms.funding.shares.find((share) => !known.has(share.funderId))
  if (missing !== undefined) throw problem('terms-invalid', { detail: `There is no funder ${missing.funderId}.` })
  return terms
}

function event(type: string, data: Record<string, unknown>) {
  return { type, data, currency: null, legs: [] }
}
