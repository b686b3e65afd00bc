// Replaces the program's entry module in a test; reports the permissions of an engine worker.
const worker = globalThis as unknown as Worker;
worker.onmessage = ({ data: port }: MessageEvent<MessagePort>) => {
  const state = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state.replace("prompt", "denied");
  const kinds = ["read", "write", "net", "env", "run", "sys", "ffi"] as const;
  const states = kinds.map((name) => [name, state({ name } as Deno.PermissionDescriptor)]);
  const folder = decodeURIComponent(new URL("../../node_modules", import.meta.url).pathname);
  port.postMessage({
    ...Object.fromEntries(states),
    "ffi of the runtime": state({ name: "ffi", path: folder }),
  });
};
worker.postMessage("ready");
