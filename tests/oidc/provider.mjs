// A real, certified OpenID provider (npm: oidc-provider) for tests: one client, whoever signs in is the
// account that is named in the sign-in form.
import { Provider } from 'oidc-provider'

const [port, redirect] = process.argv.slice(2)
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'qianyun',
    client_secret: 'a-secret-of-the-client',
    redirect_uris: [redirect],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], profile: ['preferred_username', 'roles', 'organisations'] },
  pkce: { required: () => true },
  cookies: { keys: ['for tests alone'] },
  async findAccount (_ctx, id) {
    const roles = id.startsWith('nobody') ? [] : ['planner']
    return { accountId: id, claims: async () => ({ sub: id, preferred_username: id, roles, organisations: ['U-1'] }) }
  },
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
