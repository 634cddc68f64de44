# Two calls under a budget whose upstream takes the request and breaks off: nobody knows the outcome.
cat > upstream.mjs <<'UPSTREAM'
import { createServer } from 'node:http'
const server = createServer((request) => request.socket.destroy())
server.listen(9480, '127.0.0.1', () => console.log('ready'))
UPSTREAM
node upstream.mjs > upstream.log &
until test -s upstream.log; do sleep 0.1; done
jq '.limits.budgets = [{unit: "USD", decimals: 2, amount: 500}]' docs/first-hour/contract.json > contract.json
jq '.limits.budgets = [{unit: "USD", decimals: 2, amount: 100}]' docs/first-hour/root.json > scope.json
writ agent add planner --contract contract.json --out planner > /dev/null
LEASE=$(writ lease open --identity planner --scope scope.json --json | jq -r .id)
for call in 1 2; do
  writ call GET /orders/orders/1 --lease $LEASE --identity planner && exit 1
done
mapfile -t CALLS < <(writ budget show $LEASE --json | jq -r '.reservations[].jti')
TOKEN_ID=${CALLS[0]} OTHER_TOKEN_ID=${CALLS[1]}
