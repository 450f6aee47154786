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
  tags: string[];
  updated_at: string;
}

/** A share link as REST lists it. */
export interface LinkRow {
  id: number;
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

  /** The envs the person can see, newest first, up to `limit`; `count` is how many there are in all. */
  async envs({ limit = 500, search = '' } = {}): Promise<{ rows: EnvRow[]; count: number }> {
    const rows: EnvRow[] = [];
    for (let page = 1; ; page += 1) {
      const query = new URLSearchParams({ page: String(page), page_size: String(Math.min(limit, 100)) });
      if (search) query.set('search', search);
      const answer = await this.get<{ count: number; results: EnvRow[]; next: string | null }>(
        `/envs?${query}`,
      );
      rows.push(...answer.results);
      if (!answer.next || rows.length >= limit) return { rows, count: answer.count };
    }
  }
}

/** `workspace/name` as a path below `/envs/`. */
export function envPath(env: string): string {
  const [workspace = '', ...rest] = env.split('/');
  return `/envs/${encodeURIComponent(workspace)}/${encodeURIComponent(rest.join('/'))}`;
}

/** The page address of an env. */
export function envAddress(baseUrl: string, env: string): string {
  const [workspace = '', ...rest] = env.split('/');
  return `${baseUrl}/w/${encodeURIComponent(workspace)}/env/${encodeURIComponent(rest.join('/'))}`;
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
