// A service that knows nothing of the mesh: listens on $PORT, answers each request after argv[2] ms with its name, argv[3].
import http from 'node:http';

const [delay = '0', name = ''] = process.argv.slice(2);
const server = http.createServer((_request, response) => setTimeout(() => response.end(name), Number(delay)));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
