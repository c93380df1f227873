#!/usr/bin/env bash
# Builds and sells one car by the admin commands, against a server that runs: bin/roadbook serve --data data
# Prints the command that starts the car. Run it again: the keys make it the same car.
set -euo pipefail
cd "$(dirname "$0")/.."
rb() { bin/roadbook "$@"; }
today=$(date -u +%F)
vin=LRBR1CNE1PB000001

rb supplier add --key s-catl id=catl name=CATL parts='["pack"]'
rb supplier add --key s-byd id=byd name=BYD parts='["pack"]'
rb supplier exclude --key x-byd supplier=byd span='{"from":"2023-08-01","to":"2030-08-01"}' reason='legal conflict' owner=purchasing evidence='founding brief'
rb pack contract --key c-1 -f - <<Y
{id: catl-2023, supplier: catl, part: pack.74kwh.lfp, chemistry: LFP, kwh: "73.6", currency: CNY, signed: "2023-08-01",
 prices: [{from: "2023-08-01", min_volume: 0, unit: "72000", source: "press, August 2023"}]}
Y
rb pack receive --key l-1 contract=catl-2023 received="$today" serials='["C-1"]'
rb model put --key m-1 -f - <<Y
{id: road-1, name: Road One, currency: CNY, lines: [
  {part: everything-else, category: bom, quantity: "1", unit: "76700", valid: {from: "2023-08-01"}, source: assumed},
  {part: warranty, category: warranty, quantity: "1", unit: "4300", valid: {from: "2023-08-01"}, source: assumed}]}
Y
secret=$(rb car build --key b-1 vin=$vin model=road-1 pack_serial=C-1 \
  ecus='[{"serial":"head-1","hardware_id":"rb-head-1","role":"primary"}]' | sed -n 's/.*"secret": "\([^"]*\)".*/\1/p')
rb model floor model=road-1 serial=C-1 date="$today" margin=0.01

product() { rb product put --key "p-$1" -f - <<<"$2"; }
product car '{sku: car.road-1, name: Road One, kind: vehicle, account: "revenue:hardware", stand_alone: {minor: 15600000, currency: CNY}, prices: [{currency: CNY, unit: "156000", valid: {from: "2023-08-01"}}]}'
product conn '{sku: connectivity.year, name: Connectivity for a year, kind: term, term_months: 12, features: [connectivity], account: "revenue:connectivity", stand_alone: {minor: 19900, currency: CNY}, prices: [{currency: CNY, unit: "199", valid: {from: "2023-08-01"}}]}'
product pilot '{sku: pilot.month, name: Highway pilot by the month, kind: subscription, features: [pilot.highway], account: "revenue:subscription", stand_alone: {minor: 9900, currency: CNY}, prices: [{currency: CNY, unit: "99", valid: {from: "2023-08-01"}}]}'
rb order place --key o-1 vin=$vin customer=owner-1 market=CN currency=CNY \
  lines='[{"sku":"car.road-1","price":{"minor":15600000,"currency":"CNY"}},{"sku":"connectivity.year"}]'
rb provisioning show > provisioning.json

echo
echo "Start the car; its head unit is http://localhost:8090:"
echo "  bin/roadcar --dir car1 --provisioning provisioning.json --vin $vin --ecu head-1 --hardware rb-head-1 ${secret:+--secret $secret}"
