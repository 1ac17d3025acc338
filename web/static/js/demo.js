// "Send example calls": a little traffic of the demo shop through its proxy URL, from this browser, one success and one failure of each kind.
const CALLS = [
  ["GET", "/products?limit=5"], ["GET", "/products?limit=5&offset=5"], ["GET", "/products/prod_1001"], ["GET", "/products/prod_1002"], ["GET", "/products/prod_9999"],
  ["GET", "/customers/me"], ["GET", "/customers/me", null, true], ["POST", "/orders", { product_id: "prod_1001", quantity: 2 }, true],
  ["POST", "/orders", { product_id: "prod_1003", quantity: 1, note: "ring twice" }, true], ["POST", "/orders", { product_id: "nothing", quantity: 0 }, true], ["GET", "/orders", null, true],
];

async function send(base, [method, path, body, signedIn]) {
  const headers = { ...(body && { "content-type": "application/json" }), ...(signedIn && { authorization: "Bearer demo-token" }) };
  await fetch(base + path, { method, headers, body: body ? JSON.stringify(body) : undefined, credentials: "omit", cache: "no-store" });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-demo-calls]");
  if (!button) return;
  button.disabled = true;
  try {
    for (const call of CALLS) await send(button.dataset.demoCalls, call);
  } finally {
    button.disabled = false;
  }
});
