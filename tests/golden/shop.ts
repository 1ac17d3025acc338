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
    const path = template.replace(/\{(\+?)([^{}]+)\}/g, (_, plus: string, name: string) => {
      const value = encodeURIComponent(String(params?.[name]));
      return plus ? value.replace(/%2F/g, "/") : value;
    });
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

/** How an operation pages, the way to what says the page, the number of the first, and where answers hold what is next and what is on the page. */
type Walk = readonly [kind: string, where: "query" | "body" | "headers", parameter: string[], first: number, next: string[], items: string[]];

const walks: Record<string, Walk> = {
  listOrders: ["cursor", "query", ["cursor"], 1, ["next"], []],
};

type Paged = { [Id in keyof Operations]: Operations[Id] extends { item: unknown } ? Id : never }[keyof Operations];
type Item<O> = O extends { item: infer T } ? T : never;

function at(value: unknown, way: string[]): unknown {
  return way.reduce((found, name) => (found as Record<string, unknown> | null | undefined)?.[name], value);
}

function put(value: unknown, [name, ...way]: string[], told: unknown): unknown {
  return name === undefined ? told : { ...(value as object | undefined), [name]: put(at(value, [name]), way, told) };
}

function behind(range: string | null): string | undefined {
  const [, unit, first, last, total] = /^(?:(\S+) )?(\d+)-(\d+)(?:\/(\d+|\*))?$/.exec(range ?? "") ?? [];
  const next = Number(last) + 1;
  return last === undefined || next >= Number(total) ? undefined : `${unit ? `${unit}=` : ""}${next}-${next + Number(last) - Number(first)}`;
}

function following(id: string, input: AnyInput, answer: unknown, headers: Headers): AnyInput | undefined {
  const [kind, where, parameter, first, way, place] = walks[id]!;
  const items = (at(answer, place) ?? []) as unknown[];
  if (!items.length) return undefined;
  const said = (told: unknown) => put(input, [where, ...parameter], told) as AnyInput;
  if (where === "headers") {
    const range = headers.get("next-range") ?? behind(headers.get("content-range"));
    return range ? said(range) : undefined;
  }
  const linked = /<([^>]*)>[^,]*rel="?next"?/.exec(headers.get("link") ?? "")?.[1];
  let next = way.length ? at(answer, way) : linked ?? (kind === "offset" || kind === "page");
  if (next && typeof next === "object" && (where === "query" || parameter.at(-1)! in next)) next = at(next, parameter.slice(-1));
  if (next === undefined || next === null || next === false || next === "") return undefined;
  if (typeof next === "string" && next.includes("?")) {
    const told: Record<string, unknown> = {};
    new URL(next, "http://base").searchParams.forEach((value, name) => (told[name] = value));
    return { ...input, query: { ...input.query, ...told } };
  }
  const now = at(input, [where, ...parameter]);
  if (kind === "offset") return said(Number(now ?? 0) + items.length);
  if (kind === "page") return said(typeof next === "number" ? next : Number(now ?? first) + 1);
  return said(typeof next === "boolean" ? at(items.at(-1), ["id"]) : next);
}

/** `for await (const page of pages(api, "operationId", { … }))`: one answer after the other. Throws where one is no success. */
export async function* pages<Id extends Paged>(api: Client, id: Id, input: Input<Operations[Id]>): AsyncGenerator<Body<Operations[Id]["responses"]>> {
  for (let next: AnyInput | undefined = input as AnyInput; next; ) {
    const result: Result<Operations[Id]["responses"]> = await api(id, next as Input<Operations[Id]>);
    if (!result.ok && result.status === 416) return; // there is nothing in this range
    if (!result.ok) throw new Error(`${id} was answered with ${result.status}`, { cause: result });
    yield result.data;
    next = following(id, next, result.data, result.response.headers);
  }
}

/** `for await (const item of items(api, "operationId", { … }))`: what is on the pages, one after the other. */
export async function* items<Id extends Paged>(api: Client, id: Id, input: Input<Operations[Id]>): AsyncGenerator<Item<Operations[Id]>> {
  for await (const page of pages(api, id, input)) yield* (at(page, walks[id]![5]) ?? []) as Item<Operations[Id]>[];
}
