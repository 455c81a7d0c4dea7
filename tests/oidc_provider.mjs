// A real OpenID Connect provider on loopback: node oidc_provider.mjs FOLDER_OF_PACKAGES REDIRECT_URI...; prints its issuer.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [, , folder, ...redirectUris] = process.argv;
const { default: Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'hazardflow', client_secret: 'loopback-secret', redirect_uris: redirectUris }],
    pkce: { required: () => true },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
