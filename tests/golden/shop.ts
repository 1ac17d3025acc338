/**
 * Shop API
 * 4 operations. Written from captured traffic; do not edit.
 */

export type Order = {
  /** uuid */
  id: string;
  total: number;
  note: string | null;
  status: "OPEN" | "SHIPPED";
  parent?: Order | null;
  "line-items"?: Array<{
    sku: string;
    count: number;
  }>;
  labels?: Record<string, string>;
};

/**
 * GET /orders
 * List orders
 */
export type ListOrdersQuery = {
  limit?: number;
  cursor?: string;
};

export type ListOrdersResponses = {
  200: Array<Order>;
};

/**
 * POST /orders
 * Create an order
 * Charges the card at once.
 */
export type CreateOrderHeaders = {
  "Idempotency-Key": string;
};

export type CreateOrderBody = Order;

export type CreateOrderResponses = {
  201: Order;
  422: {
    detail?: string;
  };
};

/**
 * GET /orders/{order_id}
 * Get an order
 */
export type GetOrderParams = {
  /** uuid */
  order_id: string;
};

export type GetOrderResponses = {
  200: Order;
  404: undefined;
};

/** GET /events */
export type OrderEventsResponses = {
  101: undefined;
};

/** Every operation by its id. */
export interface Operations {
  listOrders: { method: "GET"; path: "/orders"; query?: ListOrdersQuery; responses: ListOrdersResponses; item: Order };
  createOrder: { method: "POST"; path: "/orders"; headers: CreateOrderHeaders; body: CreateOrderBody; responses: CreateOrderResponses };
  getOrder: { method: "GET"; path: "/orders/{order_id}"; params: GetOrderParams; responses: GetOrderResponses };
  orderEvents: { method: "GET"; path: "/events"; responses: OrderEventsResponses };
}

const table: Record<string, readonly [method: string, path: string, contentType: string]> = {
  listOrders: ["GET", "/orders", ""],
  createOrder: ["POST", "/orders", "application/json"],
  getOrder: ["GET", "/orders/{order_id}", ""],
  orderEvents: ["GET", "/events", ""],
};

/** `headers` are sent with each call: put credentials there. */
export interface ClientOptions {
  baseUrl?: string;
  headers?: Record<string, string>;
  fetch?: typeof fetch;
}

type Success = 200 | 201 | 202 | 203 | 204 | 206;
type Body<R> = { [S in keyof R]: S extends Success ? R[S] : never }[keyof R];
type Failure<R> = { [S in keyof R]: S extends Success ? never : R[S] }[keyof R];
type Input<O> = Omit<O, "method" | "path" | "responses" | "item">;

/** `ok` tells which of `data` and `error` is there. */
export type Result<R> =
  | { ok: true; status: number; data: Body<R>; response: Response }
  | { ok: false; status: number; error: Failure<R> | undefined; response: Response };

interface AnyInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  headers?: Record<string, unknown>;
  body?: unknown;
}

function pairs(values: Record<string, unknown> | undefined): Array<[string, string]> {
  return Object.entries(values ?? {}).flatMap(([name, value]): Array<[string, string]> =>
    value === undefined || value === null ? [] : Array.isArray(value) ? value.map((item): [string, string] => [name, String(item)]) : [[name, String(value)]],
  );
}

function encode(body: unknown, contentType: string): BodyInit | null {
  if (body === undefined) return null;
  if (typeof body === "string" || body instanceof Blob || body instanceof FormData) return body;
  const fields = body as Record<string, unknown>;
  if (contentType.includes("urlencoded")) return new URLSearchParams(pairs(fields));
  if (contentType.startsWith("multipart/")) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value instanceof Blob ? value : String(value));
    return form;
  }
  return JSON.stringify(body);
}

async function decode(response: Response): Promise<any> {
  const type = response.headers.get("content-type") ?? "text/plain";
  if (!/json|xml|^text\//.test(type)) return response.blob();
  const text = await response.text();
  return type.includes("json") && text ? JSON.parse(text) : text || undefined;
}

/** `const api = createClient({ headers: { Authorization: "…" } }); const result = await api("operationId", { … });` */
export function createClient(options: ClientOptions = {}) {
  const send = options.fetch ?? fetch;
  return async function call<Id extends keyof Operations>(id: Id, input: Input<Operations[Id]>): Promise<Result<Operations[Id]["responses"]>> {
    const { params, query, headers, body } = input as AnyInput;
    const [method, template, contentType] = table[id as string]!;
    const path = template.replace(/\{([^{}]+)\}/g, (_, name: string) => encodeURIComponent(String(params?.[name])));
    const search = new URLSearchParams(pairs(query)).toString();
    const type: Record<string, string> = contentType && body !== undefined && !contentType.startsWith("multipart/") ? { "Content-Type": contentType } : {};
    const response = await send((options.baseUrl ?? "https://api.shop.test/v1") + path + (search ? (path.includes("?") ? "&" : "?") + search : ""), {
      method,
      headers: { ...type, ...options.headers, ...Object.fromEntries(pairs(headers)) },
      body: encode(body, contentType),
    });
    const data = await decode(response);
    return response.ok ? { ok: true, status: response.status, data, response } : { ok: false, status: response.status, error: data, response };
  };
}

export type Client = ReturnType<typeof createClient>;

/** By operation: how it pages, with which parameter, the number of its first page, and where its answers hold what is next and what is on the page. */
const walks: Record<string, readonly [kind: string, parameter: string, first: number, next: string[], items: string[]]> = {
  listOrders: ["cursor", "cursor", 1, ["next"], []],
};

type Paged = { [Id in keyof Operations]: Operations[Id] extends { item: unknown } ? Id : never }[keyof Operations];
type Item<O> = O extends { item: infer T } ? T : never;

function at(value: unknown, way: string[]): unknown {
  return way.reduce((found, name) => (found as Record<string, unknown> | null | undefined)?.[name], value);
}

function following(id: string, query: Record<string, unknown>, answer: unknown, link: string | null): Record<string, unknown> | undefined {
  const [kind, parameter, first, way, place] = walks[id]!;
  const items = (at(answer, place) ?? []) as unknown[];
  const linked = /<([^>]*)>[^,]*rel="?next"?/.exec(link ?? "")?.[1];
  let next = way.length ? at(answer, way) : linked ?? (kind === "offset" || kind === "page");
  if (next && typeof next === "object") next = (next as Record<string, unknown>)[parameter];
  if (next === undefined || next === null || next === false || next === "" || !items.length) return undefined;
  if (typeof next === "string" && next.includes("?")) {
    const told: Record<string, unknown> = {};
    new URL(next, "http://base").searchParams.forEach((value, name) => (told[name] = value));
    return told;
  }
  if (kind === "offset") return { [parameter]: Number(query[parameter] ?? 0) + items.length };
  if (kind === "page") return { [parameter]: typeof next === "number" ? next : Number(query[parameter] ?? first) + 1 };
  return { [parameter]: typeof next === "boolean" ? at(items.at(-1), ["id"]) : next };
}

/** `for await (const page of pages(api, "operationId", { … }))`: one answer after the other. Throws where one is no success. */
export async function* pages<Id extends Paged>(api: Client, id: Id, input: Input<Operations[Id]>): AsyncGenerator<Body<Operations[Id]["responses"]>> {
  let query = (input as AnyInput).query ?? {};
  for (;;) {
    const result = await api(id, { ...input, query });
    if (!result.ok) throw new Error(`${id} was answered with ${result.status}`, { cause: result });
    yield result.data;
    const next = following(id, query, result.data, result.response.headers.get("link"));
    if (!next) return;
    query = { ...query, ...next };
  }
}

/** `for await (const item of items(api, "operationId", { … }))`: what is on the pages, one after the other. */
export async function* items<Id extends Paged>(api: Client, id: Id, input: Input<Operations[Id]>): AsyncGenerator<Item<Operations[Id]>> {
  for await (const page of pages(api, id, input)) yield* (at(page, walks[id]![4]) ?? []) as Item<Operations[Id]>[];
}
