// The image burstlet.dev/http-echo: tells who answers. Runs inside a container, with this Node and nothing else.
import { createServer } from "node:http";
import { hostname } from "node:os";

const port = Number(process.env.PORT ?? 8080);
const server = createServer((request, response) => {
  response.setHeader("content-type", "text/plain");
  response.end(`${process.env.POD_NAME ?? hostname()} ${request.method} ${request.url}\n`);
});
server.listen(port, () => console.log(`http-echo listens on port ${port}`));
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
