import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { App } from './app.ts'
import type { Platform } from './context.ts'
import { isProblemCode, type ProblemKind, problem, registry, starting } from './errors.ts'
import { outdated } from './newer-schema.ts'

/** What a person or a monitor asks of a running server. */
export function registerPages(app: App, platform: Platform): void {
  app.get('/', { schema: { hide: true } }, (request, reply) =>
    wantsJson(request.headers.accept)
      ? reply.send(directory)
      : html(reply, frontPage(platform, request.socket.localPort)),
  )
  app.get('/healthz', { schema: { hide: true } }, (_request, reply) => reply.send({ status: 'ok' }))
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    if (!platform.isReady) throw starting
    await assertDatabaseAnswers(platform)
    const newer = platform.newerSchema.migration()
    if (newer !== null) throw outdated(newer)
    return reply.send({ status: 'ready' })
  })
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const { registry: metrics } = platform.metrics
    return reply
      .type(metrics.contentType)
      .serializer((text: string) => text)
      .send(await metrics.metrics())
  })
  app.get('/problems', { schema: { hide: true } }, (request, reply) =>
    wantsJson(request.headers.accept) ? reply.send(registry) : html(reply, problemsPage()),
  )
  const code = Type.Object({ code: Type.String() })
  app.get('/problems/:code', { schema: { hide: true, params: code } }, (request, reply) => {
    const { code } = request.params
    if (!isProblemCode(code))
      throw problem('not-found', { detail: `There is no problem code "${code.slice(0, 100)}".` })
    const kind: ProblemKind = registry[code]
    return wantsJson(request.headers.accept) ? reply.send({ code, ...kind }) : html(reply, problemPage(code, kind))
  })
}

async function assertDatabaseAnswers({ db }: Platform): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(problem('database-unavailable', { detail: 'No answer within 2 seconds.' })), 2_000)
  })
  await Promise.race([db`select 1`, tooLate]).finally(() => clearTimeout(timer))
}

const directory = {
  name: 'Chit',
  docs: '/docs',
  openapi: '/openapi.json',
  health: '/healthz',
  ready: '/readyz',
  metrics: '/metrics',
  problems: '/problems',
}

function wantsJson(accept = ''): boolean {
  return accept.includes('application/json') && !accept.includes('text/html')
}

function html(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    .serializer((text: string) => text)
    .send(page)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

const style = `
  :root { color-scheme: light dark; --line: #8883; --soft: #8881; --accent: #0a7a5a }
  @media (prefers-color-scheme: dark) { :root { --accent: #4cc9a0 } }
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 44rem; margin: 8vh auto; padding: 0 1.2rem }
  h1 { font-size: 2rem; margin: 0 } h1 + p { margin-top: .2rem; opacity: .75 }
  ul { list-style: none; padding: 0; border-top: 1px solid var(--line) }
  li { padding: .6rem 0; border-bottom: 1px solid var(--line); display: flex; gap: 1rem; flex-wrap: wrap }
  li a { min-width: 9rem } a { color: var(--accent); text-decoration: none; font-weight: 600 } a:hover { text-decoration: underline }
  pre { background: var(--soft); padding: .9rem 1rem; border-radius: .5rem; overflow-x: auto; font-size: .85rem }
  code { font-family: ui-monospace, monospace }`

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${style}</style><body>${body}</body></html>`
}

/** `port` is the one that was reached, which is another than the one set where that is 0. */
function frontPage({ config }: Platform, port: number | undefined): string {
  const keys = config.databaseUrl === null ? '.chit/demo.json' : 'the person who runs this server'
  const rows = [
    ['/docs', 'Every request and answer, to read and to try'],
    ['/openapi.json', 'The same for programs (OpenAPI 3.1)'],
    ['/problems', 'Why a request may be refused, and what to do then'],
    ['/healthz', 'The process is alive'],
    ['/readyz', 'The database answers'],
    ['/metrics', 'Figures for Prometheus'],
  ].map(([path, what]) => `<li><a href="${path}">${path}</a><span>${what}</span></li>`)
  return page(
    'Chit',
    `<h1>Chit</h1><p>Buy now, pay later, in instalments or on a monthly bill. This server is running.</p>
<ul>${rows.join('')}</ul>
<p>Requests need a secret key, from ${keys}:</p>
<pre>${config.databaseUrl === null ? `export CHIT_KEY=$(node -p "require('./.chit/demo.json').secretKey")\n` : ''}curl -s localhost:${port ?? config.port}/v1/trial-balance -H "Authorization: Bearer $CHIT_KEY"</pre>`,
  )
}

function problemsPage(): string {
  const rows = Object.entries<ProblemKind>(registry).map(
    ([code, kind]) =>
      `<li><a href="/problems/${code}">${code}</a><span>${kind.status} · ${escapeHtml(kind.title)}</span></li>`,
  )
  return page(
    'Problems · Chit',
    `<h1>Problems</h1><p>Every way in which a request may be refused.</p><ul>${rows.join('')}</ul>`,
  )
}

function problemPage(code: string, kind: ProblemKind): string {
  return page(
    `${code} · Chit`,
    `<h1>${escapeHtml(kind.title)}</h1><p><code>${code}</code> · HTTP ${kind.status}</p>
<p><strong>What to do:</strong> ${escapeHtml(kind.remedy)}</p><p><a href="/problems">All problems</a></p>`,
  )
}
