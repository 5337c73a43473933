// Starts Swagger UI on the page docs.html; a file of its own so that no inline script is needed.
window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "/api/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayRequestDuration: true,
    validatorUrl: null, // the default would ask a server outside
  });
});
