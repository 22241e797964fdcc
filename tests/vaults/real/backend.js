// A server of Bitwarden, as far as the real `bw` asks one: it knows one person with three items. Everything
// is encrypted as Bitwarden does it, because `bw` decrypts it.
//
//   node backend.js FOLDER        the folder has tls.pem and tls.key; the port is written to FOLDER/port
//
// While FOLDER/down is there, every call is answered with 503; while FOLDER/out is there, with 401.
const crypto = require("crypto");
const fs = require("fs");
const https = require("https");
const path = require("path");

const folder = process.argv[2];
const email = "anna@example.org";
const password = fs.readFileSync(path.join(folder, "master"), "utf8").split("\n")[0];
const iterations = 600000;
const now = new Date().toISOString();
const id = (n) => `6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e000${n}`;

const master = crypto.pbkdf2Sync(password, email, iterations, 32, "sha256");
const hash = crypto.pbkdf2Sync(master, password, 1, 32, "sha256").toString("base64");
// HKDF-Expand (RFC 5869) of one block.
const expand = (key, info) => crypto.createHmac("sha256", key).update(info + "\x01").digest();
const stretched = Buffer.concat([expand(master, "enc"), expand(master, "mac")]);
const user = crypto.randomBytes(64);

// An EncString of type 2: AES-256-CBC and HMAC-SHA-256.
function sealed(key, text) {
  const iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv("aes-256-cbc", key.subarray(0, 32), iv);
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  const mac = crypto.createHmac("sha256", key.subarray(32)).update(Buffer.concat([iv, body])).digest();
  return `2.${[iv, body, mac].map((part) => part.toString("base64")).join("|")}`;
}
const own = (text) => (text === null ? null : sealed(user, Buffer.from(text)));

const pair = crypto.generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "der" },
  privateKeyEncoding: { type: "pkcs8", format: "der" },
});
const key = sealed(stretched, user);
const privateKey = sealed(user, pair.privateKey);

function item(n, name, login, folderId, fields) {
  return {
    id: id(n), organizationId: null, folderId, type: 1, name: own(name), notes: null, favorite: false,
    reprompt: 0, edit: true, viewPassword: true, permissions: { delete: true, restore: true },
    organizationUseTotp: false, creationDate: now, revisionDate: now, deletedDate: null, archivedDate: null,
    key: null, attachments: null, collectionIds: [], passwordHistory: null,
    login: {
      username: own(login.username), password: own(login.password), totp: own(login.totp ?? null),
      uris: [{ uri: own("https://shop.example:8443/login"), match: null, uriChecksum: null }],
      uri: null, passwordRevisionDate: null, autofillOnPageLoad: null, fido2Credentials: null,
    },
    fields: (fields ?? []).map(([name, value, type]) => ({ name: own(name), value: own(value), type, linkedId: null })),
    object: "cipherDetails",
  };
}

const ciphers = [
  item(1, "shop", { username: "anna", password: "MARKED-pass>{x} & 91", totp: "jbsw y3dp ehpk 3pxp" }, id(9), [
    ["Region", "eu", 0], ["PIN", "0007", 1], ["logon_account", "codes:acme", 0],
  ]),
  item(2, "twin", { username: "a", password: "one" }, null),
  item(3, "twin", { username: "b", password: "two" }, id(9)),
];

const decryption = {
  hasMasterPassword: true,
  masterPasswordUnlock: {
    kdf: { kdfType: 0, iterations, memory: null, parallelism: null },
    masterKeyEncryptedUserKey: key, masterKeyWrappedUserKey: key, salt: email,
  },
};
const accountKeys = {
  publicKeyEncryptionKeyPair: { wrappedPrivateKey: privateKey, publicKey: pair.publicKey.toString("base64"), signedPublicKey: null },
  signatureKeyPair: null, securityState: null,
};
const profile = {
  id: id(0), name: "Anna", email, emailVerified: true, premium: true, premiumFromOrganization: false,
  masterPasswordHint: null, culture: "en-US", twoFactorEnabled: false, key, privateKey, accountKeys,
  securityStamp: "stamp", forcePasswordReset: false, usesKeyConnector: false, avatarColor: null,
  creationDate: now, verifyDevices: false, organizations: [], providers: [], providerOrganizations: [], object: "profile",
};

function token() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    nbf: seconds, exp: seconds + 3600, iss: "http://localhost", client_id: "cli", sub: id(0), auth_time: seconds,
    idp: "bitwarden", premium: true, email, email_verified: true, name: "Anna", sstamp: "stamp", device: id(8),
    scope: ["api", "offline_access"], amr: ["Application"],
  };
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.${part("x")}`;
}

function answer(method, url, body) {
  const route = `${method} ${url.pathname}`;
  if (/prelogin/.test(route)) {
    return { kdf: 0, kdfIterations: iterations, kdfMemory: null, kdfParallelism: null, salt: email, kdfSettings: { kdfType: 0, iterations, memory: null, parallelism: null } };
  }
  if (route === "POST /identity/connect/token") {
    const form = new URLSearchParams(body);
    if (form.get("grant_type") === "password" && form.get("password") !== hash) return null;
    return {
      access_token: token(), expires_in: 3600, token_type: "Bearer", refresh_token: "refresh", scope: "api offline_access",
      Key: key, PrivateKey: privateKey, AccountKeys: accountKeys, Kdf: 0, KdfIterations: iterations, KdfMemory: null, KdfParallelism: null,
      ResetMasterPassword: false, ForcePasswordReset: false, MasterPasswordPolicy: { object: "masterPasswordPolicy" },
      UserDecryptionOptions: {
        HasMasterPassword: true, Object: "userDecryptionOptions",
        MasterPasswordUnlock: {
          Kdf: { KdfType: 0, Iterations: iterations, Memory: null, Parallelism: null },
          MasterKeyEncryptedUserKey: key, MasterKeyWrappedUserKey: key, Salt: email,
        },
      },
    };
  }
  if (route === "GET /api/sync") {
    return {
      profile, folders: [{ id: id(9), name: own("web/eu"), revisionDate: now, object: "folder" }], collections: [], ciphers,
      domains: { equivalentDomains: [], globalEquivalentDomains: [], object: "domains" }, policies: [], sends: [],
      userDecryption: decryption, object: "sync",
    };
  }
  if (route === "GET /api/accounts/revision-date") return Date.now();
  if (route === "GET /api/accounts/profile") return profile;
  if (route === "GET /api/config") {
    return { version: "2026.6.0", gitHash: "0", server: null, environment: {}, featureStates: {}, settings: {}, object: "config" };
  }
  return {};
}

const tls = { key: fs.readFileSync(path.join(folder, "tls.key")), cert: fs.readFileSync(path.join(folder, "tls.pem")) };
const server = https.createServer(tls, (request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const url = new URL(request.url, "https://127.0.0.1");
    const is = (name) => fs.existsSync(path.join(folder, name));
    fs.appendFileSync(path.join(folder, "calls"), `${request.method} ${url.pathname}\n`);
    const found = answer(request.method, url, body);
    const status = is("down") ? 503 : is("out") ? 401 : found === null ? 400 : 200;
    const wrong = { error: "invalid_grant", error_description: "invalid_username_or_password", ErrorModel: { Message: "Username or password is incorrect. Try again.", Object: "error" } };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 200 ? found : wrong));
  });
});
server.listen(0, "127.0.0.1", () => {
  fs.writeFileSync(path.join(folder, "port.new"), String(server.address().port));
  fs.renameSync(path.join(folder, "port.new"), path.join(folder, "port"));
});
