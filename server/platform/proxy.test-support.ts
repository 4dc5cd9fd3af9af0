/** A proxy before PostgreSQL that does what networks do to connections. */
import { connect, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

export type Weather =
  | 'fair'
  /** Connections are accepted and closed in good order before any byte; those that were open are closed, too. */
  | 'closing'
  /** Nothing gets through any more, and nobody says so: new connections are accepted and never answered. */
  | 'silent'
  /** Of an answer half arrives; then the connection is reset. */
  | 'resetting'

export interface ProxyServer {
  /** Of the database, through the proxy. */
  readonly url: string
  /** From now on, for connections that are open and for new ones. */
  turn(weather: Weather): void
  /** How often a connection met what is not fair. */
  met(): number
}

export interface ProxyOptions {
  /** Clients must ask for TLS, which ends here. */
  readonly tls?: boolean
  /** Only answers to so many bytes are reset: a commit is longer than a look-up. */
  readonly resetFromBytes?: number
}

export async function proxyTo(
  t: { after: (work: () => Promise<void>) => void },
  databaseUrl: string,
  { tls = false, resetFromBytes = 0 }: ProxyOptions = {},
): Promise<ProxyServer> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  let weather: Weather = 'fair'
  let met = 0

  function keep(socket: Socket): void {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  }

  const server = createServer((client) => {
    keep(client)
    clients.add(client)
    client.on('close', () => clients.delete(client))
    if (weather !== 'fair') met++
    if (weather === 'closing') client.end()
    else if (tls) client.once('data', () => join(client, secured(client)))
    else join(client, client)
  })

  function join(client: Socket, plain: Duplex): void {
    const postgres = connect(Number(target.port), target.hostname)
    keep(postgres)
    postgres.on('close', () => weather !== 'silent' && client.destroy())
    client.on('close', () => postgres.destroy())
    let asked = 0
    plain.on('data', (bytes: Buffer) => {
      asked += bytes.length
      if (weather !== 'silent') postgres.write(bytes)
    })
    plain.on('error', () => {})
    postgres.on('data', (bytes: Buffer) => {
      if (weather === 'silent') return
      const isLongEnough = asked >= resetFromBytes
      asked = 0
      if (weather === 'fair' || !isLongEnough) return void plain.write(bytes)
      met++
      plain.write(bytes.subarray(0, bytes.length / 2))
      client.resetAndDestroy()
    })
  }

  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  })
  const url = new URL(databaseUrl)
  const address = server.address()
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0)
  if (tls) url.searchParams.set('sslmode', 'require')
  return {
    url: url.href,
    turn: (to) => {
      weather = to
      if (to === 'closing') for (const client of clients) client.end()
    },
    met: () => met,
  }
}

/** What PostgreSQL does on a request for TLS: says S, and goes on inside. */
function secured(client: Socket): Duplex {
  client.write('S')
  return new TLSSocket(client, { isServer: true, key, cert })
}

/** Of nobody: made for this file, and kept in it, so that the tests need no tool to make one. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglmVI+rUyc84N0WlZ
8HjfOXKNanpE0LQDpZQuSi8NMDShRANCAAQYM9jY76P0e8NjMr3txrantzql3cjk
WBX4ziopp+PIrUgj7WDqHRoX9Ge0/QdGvSoYiFrgDYwpy/8bQHqbzMZW
-----END PRIVATE KEY-----`
const cert = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUI/HncJIexgmA+n4sTZdC/etrjOMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjEwMTIzNVoYDzIxMjYxMDI5
MTAxMjM1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQYM9jY76P0e8NjMr3txrantzql3cjkWBX4ziopp+PIrUgj7WDqHRoX
9Ge0/QdGvSoYiFrgDYwpy/8bQHqbzMZWo1MwUTAdBgNVHQ4EFgQUDBwRiN+zVxs6
P3QiKNB9LRz/KDswHwYDVR0jBBgwFoAUDBwRiN+zVxs6P3QiKNB9LRz/KDswDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA9feV/yNasXeJQajYm8uH
FofOPlBc9G7f0kmm2Fz4MjsCIBstc+hqW2ch1AMGvdItzwGqJYrIQp53n/97w75e
DS2w
-----END CERTIFICATE-----`
