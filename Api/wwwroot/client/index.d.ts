export type UploadState =
  | 'waiting' | 'uploading' | 'paused' | 'offline' | 'held' | 'signed-out' | 'verifying' | 'checking' | 'done'
  | 'failed' | 'choose' | 'cancelled'

export type Conflict = 'rename' | 'replace' | 'fail'

export interface Chosen { file: File, path: string, handle?: FileSystemFileHandle | null }

/** Files, and the paths of empty folders and of entries that could not be read. */
export interface Found { files: Chosen[], folders: string[], unread: string[] }

export interface Memory {
  /** Whether it outlives the page. */
  readonly lasting: boolean
  put(record: any): Promise<void>
  all(): Promise<any[]>
  remove(id: string): Promise<any>
}

export interface UploaderOptions {
  /** The service's root, such as https://files.example.org/ */
  base: string
  /** Sent with each request, such as a key or a token against forgery. */
  headers?: () => Record<string, string> | Promise<Record<string, string>>
  /** Called when the service refuses the token of `headers`; afterwards the request is repeated once. */
  renew?: () => Promise<unknown>
  memory?: Memory
  protocol?: 'session' | 'tus'
  /** Concurrent requests over all files; default 4. */
  maxRequests?: number
  /** Files up to this size are sent in one request; default 8 MiB. */
  smallFile?: number
  /** false: the caller may not ask where a finished file lies, as below a link; an upload is then done when all is sent. */
  places?: boolean
}

export interface Range { offset: number, length: number }

export interface RunningChunk extends Range {
  /** Bytes that this request has sent. */
  sent: number
  /** Bytes that the service has kept of earlier requests. */
  kept: number
  /** Requests before this one. */
  tries: number
}

export interface Advice {
  chunkSize: number, concurrency: number, retryDelayMs: number[], stallTimeoutMs: number,
  why?: { text: string, limitedBy: string, mtbfSeconds?: number | null }
}

export class Emitter { on(type: string, listener: (detail: any) => void): () => void }

export class Ranges {
  constructor(ranges?: Iterable<Range>)
  readonly items: Range[]
  readonly total: number
  add(offset: number, length: number): void
  remove(offset: number, length: number): void
  within(offset: number, length: number): number
}

export class Upload extends Emitter {
  readonly id: string
  readonly name: string
  /** Where it goes: names from the root with slashes between them. */
  readonly path: string
  readonly size: number
  readonly state: UploadState
  /** Why it failed or waits. */
  readonly error: Error | null
  /** Bytes that the service has verified and made durable. */
  readonly safe: Ranges
  /** Safe bytes, and those on the way. */
  readonly sent: number
  /** Bytes per second over the last seconds; the highest so far. */
  readonly speed: number
  readonly peak: number
  readonly retries: number
  /** The most tries that one request has needed since bytes came last. */
  readonly failures: number
  /** When the next try begins, in ms since 1970; 0: not known. */
  readonly nextTryAt: number
  readonly running: Map<number, RunningChunk>
  readonly advice: Advice
  readonly session: string | null
  /** The id of a file that was sent in one request and that a checker looks at. */
  readonly checking: string | null
  readonly result: { fileId: string, sha256: string | null, path: string | null, unfiledReason?: string | null, session?: any } | null
  pause(): Promise<void>
  resume(): void
  cancel(): Promise<void>
  /** Takes a file that a person has chosen again; false: it is another one. */
  choose(file: File, handle?: FileSystemFileHandle): Promise<boolean>
}

/** Events: `added`, `change`, `removed` (each with the upload), `unsaved` (with the error). */
export class Uploader extends Emitter {
  constructor(options: UploaderOptions)
  readonly uploads: Upload[]
  /** `taken`: other files are known to have the names; sessions, which find free ones once, then send small files, too. */
  add(chosen: Chosen[], to?: { folder?: string, space?: string | null, conflict?: Conflict, taken?: boolean }): Promise<Upload[]>
  /** Takes up what an earlier page has left. */
  restore(): Promise<void>
  pauseAll(): Promise<void[]>
  resumeAll(): void
  /** Ends all waits: the network is back, or a person has signed in. */
  wake(): void
  /** Takes an upload out of the list and out of the memory. */
  forget(upload: Upload): Promise<void>
  clearEnded(): void
}

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly retryable: boolean
  readonly retryAfterMs: number
}

export class Broken extends Error {}

export function openMemory(owner: string): Promise<Memory>
export function memoryOfTab(): Memory
export function filesOfInput(files: Iterable<File>): Chosen[]
export function sha256(blob: Blob): Promise<string>

/** Of `events.js`: emits `event`, `progress`, `notice`, `reset`, `open` and `close`. */
export class EventClient extends Emitter {
  constructor(options: { url: string, token?: () => Promise<string | null>, scopes?: string[], cursor?: string | null })
  readonly connected: boolean
  cursor: string | null
  start(): void
  stop(): void
  /** Tries now instead of later. */
  wake(): void
  /** The widest first; one that the caller may not listen to is left out. */
  listen(scopes: string[]): void
}
