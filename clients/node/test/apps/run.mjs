// Runs a tiny application: `node run.mjs express express5`. Ends it when the input ends, and prints its accounts.

const [framework, version] = process.argv.slice(2);
const { start } = await import(`./${framework}.mjs`);
const app = await start(version);
console.log(`listening on ${app.port}`);
process.stdin.on("end", () => void app.close()).resume();
