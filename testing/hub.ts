import { createHash } from "node:crypto";

/** A file of the test hub, with its faults. */
export interface HubFile {
  /** Content. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** Whether it is served by another host, through a redirect, under its SHA-256. */
  readonly large?: boolean;
  /** Bytes after which the first connections to it end, one entry per connection. */
  readonly breaks?: number[];
  /** Statuses of the first responses. */
  readonly statuses?: number[];
  /** Whether to send altered content. */
  readonly forged?: boolean;
}

/** A small local hub: an API, and a second host for contents. */
export interface TestHub extends AsyncDisposable {
  /** Address. */
  readonly endpoint: string;
  /** Requests so far: `METHOD path`, or `CDN path range` for the contents host. */
  readonly requests: string[];
}

const COMMIT = "1234567890abcdef1234567890abcdef12345678";
const TOKEN = "hf_secret";

/** Commit of everything in the hub. */
export const HUB_COMMIT = COMMIT;
/** Token that repositories named `private/...` require. */
export const HUB_TOKEN = TOKEN;

/** Starts a hub. @param repos Files by `models/org/name@revision` and path. */
export function startTestHub(repos: Record<string, Record<string, HubFile>>): TestHub {
  const requests: string[] = [];
  const files = new Map<string, HubFile>();
  const onListen = () => {};
  const contents = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(`CDN ${pathname} ${request.headers.get("range") ?? ""}`);
    if (request.headers.has("authorization")) return new Response("leaked", { status: 400 });
    return contentResponse(files.get(pathname.slice(1))!, request);
  });
  const api = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(`${request.method} ${decodeURIComponent(pathname)}`);
    return answer(repos, files, request, contents.addr.port);
  });
  return {
    endpoint: `http://127.0.0.1:${api.addr.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      await api.shutdown();
      await contents.shutdown();
    },
  };
}

function answer(
  repos: Record<string, Record<string, HubFile>>,
  files: Map<string, HubFile>,
  request: Request,
  contentsPort: number,
): Response {
  const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
  const listing = path.match(/^api\/(models|datasets)\/(.+)\/revision\/(.+)$/);
  const denied = path.includes("private/") &&
    request.headers.get("authorization") !== `Bearer ${TOKEN}`;
  if (denied) return new Response("", { status: 401, headers: { "x-error-code": "GatedRepo" } });
  if (listing) {
    const repo = repos[`${listing[1]}/${listing[2]}@${listing[3]}`];
    if (!repo) {
      return new Response("", { status: 404, headers: { "x-error-code": "RevisionNotFound" } });
    }
    const siblings = Object.keys(repo).map((rfilename) => ({ rfilename }));
    return Response.json({ sha: COMMIT, siblings });
  }
  // A repository that has been renamed.
  if (path.startsWith("old/")) {
    return new Response("", {
      status: 307,
      headers: { location: `/${path.replace("old/", "new/")}` },
    });
  }
  const [, kind, id, file] = path.match(/^(datasets\/)?(.+?)\/resolve\/[^/]+\/(.+)$/) ?? [];
  const prefix = `${kind ? "datasets" : "models"}/${id}@`;
  const repo = Object.keys(repos).filter((name) => name.startsWith(prefix))
    .find((name) => repos[name][file]);
  if (!repo) return new Response("", { status: 404, headers: { "x-error-code": "EntryNotFound" } });
  const found = repos[repo][file];
  const status = found.statuses?.shift();
  if (status) return new Response("", { status, headers: { "retry-after": "7" } });
  const sha256 = createHash("sha256").update(found.content).digest("hex");
  if (found.large) {
    files.set(sha256, found);
    return new Response("", {
      status: 302,
      headers: {
        location: `http://127.0.0.1:${contentsPort}/${sha256}`,
        "x-repo-commit": COMMIT,
        "x-linked-etag": `"${sha256}"`,
        "x-linked-size": String(found.content.length),
      },
    });
  }
  const etag = createHash("sha1").update(`blob ${found.content.length}\0`).update(found.content)
    .digest("hex");
  const response = contentResponse(found, request);
  response.headers.set("etag", `W/"${etag}"`);
  return response;
}

function contentResponse(
  { breaks, content, forged }: HubFile,
  request: Request,
): Response {
  const start = Number(request.headers.get("range")?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
  const bytes = content.slice(start);
  if (forged && bytes.length > 0) bytes[0] ^= 1;
  const headers = new Headers({ "content-length": String(bytes.length) });
  const status = request.headers.has("range") ? 206 : 200;
  if (request.method === "HEAD") return new Response(null, { headers });
  const end = breaks?.shift();
  if (end === undefined) return new Response(bytes, { status, headers });
  // Ends like a connection closed by an intermediary.
  return new Response(bytes.slice(0, end), { status });
}
