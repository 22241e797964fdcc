// seed.js URL: makes the first user of an Uptime Kuma and turns its two-factor authentication on. User name and
// password, a line each, are on stdin; the seed in base32 comes out on stdout.
const { readFileSync } = require("node:fs");
const { io } = require("socket.io-client");

const [username, password] = readFileSync(0, "utf8").split("\n");
const socket = io(process.argv[2], { transports: ["websocket"] });

async function ask(event, ...values) {
    const answer = await socket.timeout(60_000).emitWithAck(event, ...values);
    if (!answer.ok) throw new Error(`${event}: ${answer.msg}`);
    return answer;
}

async function main() {
    await ask("setup", username, password);
    await ask("login", { username, password, token: "" });
    const { uri } = await ask("prepare2FA", password);
    await ask("save2FA", password);
    process.stdout.write(new URL(uri).searchParams.get("secret"));
}

main().then(
    () => socket.close(),
    (error) => {
        console.error(error.message);
        process.exit(1);
    },
);
