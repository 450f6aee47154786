/** REST as the page uses it: the session's cookie, the form token Django asks for, and the server's one shape of errors. */

import type { Boot, ServerError } from '../live/types';

export class ApiError extends Error implements ServerError {
  readonly code: string;
  readonly status: number;
  readonly fields: Record<string, string[]>;

  constructor(status: number, error: Partial<ServerError>) {
    super(error.detail ?? 'The server did not say why.');
    this.code = error.code ?? 'error';
    this.status = status;
    this.fields = error.fields ?? {};
  }

  get detail(): string {
    return this.message;
  }
}

/** One env as REST lists it. */
export interface EnvRow {
  workspace: string;
  name: string;
  status: string;
  /** Which of the ten data colours somebody chose, 0 to 9; null: the name decides. */
  colour?: number | null;
  updated_at: string;
}

/** A saved view as REST lists it. */
export interface ViewRow {
  name: string;
  state: Record<string, unknown>;
  created_by: string | null;
  updated_at: string;
}

/** A snapshot of an env as REST lists it. */
export interface SnapshotRow {
  id: number;
  name: string;
  automatic: boolean;
  windows: number;
  created_by: string | null;
  created_at: string;
}

export interface WorkspaceRow {
  name: string;
  kind: string;
  role: 'viewer' | 'editor' | 'manager' | null;
}

/** A share link as REST lists it. */
export interface LinkRow {
  id: number;
  /** What it shows, as far as the person may see it. */
  envs: string[];
  /** Envs of it that are deleted, or hidden from the person. */
  others: number;
  view: string;
  name: string;
  hint: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

export class Api {
  constructor(private readonly boot: Pick<Boot, 'api_url'>) {}

  /** Sends JSON and reads JSON. Throws `ApiError`; `status` 0 says that the server could not be reached. */
  async send<T>(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<T> {
    const headers = new Headers({ Accept: 'application/json' });
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    if (method !== 'GET') headers.set('X-CSRFToken', formToken());
    let response: Response;
    try {
      response = await fetch(this.boot.api_url + path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        credentials: 'same-origin',
        ...init,
      });
    } catch {
      throw new ApiError(0, {
        code: 'unreachable',
        detail: 'The server cannot be reached. Nothing was changed.',
      });
    }
    const text = await response.text();
    const data = text ? parse(text) : null;
    if (!response.ok) {
      const error = (data ?? {}) as Partial<ServerError>;
      throw new ApiError(response.status, {
        ...error,
        detail: error.detail ?? `The server answered ${response.status}.`,
      });
    }
    return data as T;
  }

  get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  /** The envs the person can see, those last changed first; `count` is how many there are in all. */
  async envNames(): Promise<{ rows: EnvRow[]; count: number }> {
    const answer = await this.get<{ count: number; results: EnvRow[] }>('/env-names');
    return { rows: answer.results, count: answer.count };
  }

  /** Those whose name, workspace or tags have these words. */
  async findEnvs(search: string): Promise<EnvRow[]> {
    const query = new URLSearchParams({ page_size: '100', search });
    return (await this.get<{ results: EnvRow[] }>(`/envs?${query}`)).results;
  }

  /** All results of a list that comes in pages. */
  async all<T>(path: string): Promise<T[]> {
    const results: T[] = [];
    for (let page = 1; ; page += 1) {
      const answer = await this.get<{ results: T[]; next: string | null }>(
        `${path}?page_size=200&page=${page}`,
      );
      results.push(...answer.results);
      if (!answer.next) return results;
    }
  }
}

/** What to tell a person about something that failed. */
export function said(error: unknown): string {
  if (!(error instanceof ApiError)) return 'The page made a mistake.';
  const more = new Set(Object.values(error.fields).flat());
  // What is wrong with a field is mostly said in the whole already.
  const whole = error.detail.toLowerCase();
  return [error.detail, ...[...more].filter((text) => !whole.includes(text.toLowerCase()))].join(' ');
}

/** `workspace/name` as a path below `/envs/`. */
export function envPath(env: string): string {
  const [workspace = '', ...rest] = env.split('/');
  return `/envs/${encodeURIComponent(workspace)}/${encodeURIComponent(rest.join('/'))}`;
}

/** The address of a window, or of a part of it such as `/object`. A key is a parameter: `..`, which is one, is a step up in a path. */
export function keyPath(env: string, key: string, part = '/window'): string {
  return `${envPath(env)}${part}?win=${encodeURIComponent(key)}`;
}

/** The page address of an env. */
export function envAddress(baseUrl: string, env: string): string {
  const [workspace = '', ...rest] = env.split('/');
  return `${baseUrl}/w/${encodeURIComponent(workspace)}/env/${encodeURIComponent(rest.join('/'))}`;
}

/** The page address of several envs side by side. */
export function compareAddress(baseUrl: string, envs: readonly string[]): string {
  return `${baseUrl}/compare?${namedEnvs(envs)}`;
}

/** Several envs as the query of an address. */
export function namedEnvs(envs: readonly string[]): string {
  return envs.map((env) => `env=${encodeURIComponent(env).replaceAll('%2F', '/')}`).join('&');
}

function formToken(): string {
  return document.querySelector<HTMLInputElement>('input[name="csrfmiddlewaretoken"]')?.value ?? '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
