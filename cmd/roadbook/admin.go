package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/google/uuid"

	"roadbook/app/client"
	"roadbook/fault"
)

// MaxInput is the largest file that an admin command sends as JSON, in bytes.
const MaxInput = 1 << 20

// verb is one admin command: a request to the API. {name} in the path is taken from the field of that name.
type verb struct {
	name, help   string
	method, path string
	example      string
}

// noun groups the verbs of one thing.
type noun struct {
	name, help string
	verbs      []verb
}

// nouns is the whole list of admin commands.
var nouns = []noun{
	{"supplier", "suppliers: sites, qualification, dated exclusions and their reviews", []verb{
		{"add", "add a supplier", "POST", "/v1/suppliers", "roadbook supplier add id=catl name=CATL"},
		{"list", "list suppliers", "GET", "/v1/suppliers", "roadbook supplier list"},
		{"exclusions", "list a supplier's exclusions", "GET", "/v1/suppliers/{supplier}/exclusions", "roadbook supplier exclusions supplier=byd"},
		{"exclude", "bar a supplier while the exclusion holds; scope, review and record are optional", "POST", "/v1/suppliers/{supplier}/exclusions", `roadbook supplier exclude supplier=byd span='{"from":"2023-08-01","to":"2026-08-01"}' scope='{"chemistry":"LFP"}' review=2024-08-01 reason='legal conflict' owner=purchasing evidence=letter`},
		{"reviews", "exclusions that somebody must look at on a day: ended, due, or without an end", "GET", "/v1/supply/reviews", "roadbook supplier reviews on=2026-08-01"},
		{"decide", "answer a review: ended, renewed (renewed_by=…) or kept (next=DAY)", "POST", "/v1/supply/reviews/{exclusion}/decisions", "roadbook supplier decide exclusion=exc_… outcome=kept next=2027-02-01 source='board, August 2026' date=2026-08-01 vintage=2026-08-01 who=purchasing level=R"},
		{"decisions", "what reviews decided", "GET", "/v1/supply/decisions", "roadbook supplier decisions"},
		{"site", "add a site with its monthly capacity by part or chemistry", "POST", "/v1/suppliers/{supplier}/sites", `roadbook supplier site supplier=catl id=catl-ningde name=Ningde country=CN capacity='[{"chemistry":"LFP","from":"2023-01-01","per_month":20000}]' source='site visit' date=2023-07-01 vintage=2023-07-03 who=purchasing level=R`},
		{"sites", "list a supplier's sites", "GET", "/v1/suppliers/{supplier}/sites", "roadbook supplier sites supplier=catl"},
		{"qualify", "record how far a supplier's part is: started, qualified, failed or withdrawn", "POST", "/v1/qualifications", "roadbook supplier qualify supplier=catl part=pack.74kwh.lfp state=qualified started=2022-09-01 qualified_on=2023-06-01 lead_weeks=16 source='test report 17' date=2023-06-01 vintage=2023-06-02 who=quality level=R"},
		{"qualifications", "list qualification records", "GET", "/v1/qualifications", "roadbook supplier qualifications supplier=catl"},
		{"standing", "whether a supplier's part may be bought on a day", "GET", "/v1/suppliers/{supplier}/standing", "roadbook supplier standing supplier=catl part=pack.74kwh.lfp date=2023-09-01"},
	}},
	{"pack", "battery packs: contracts, received lots, lives and standard costs", []verb{
		{"contract", "add a contract: prices by date and volume; rebates, take_or_pay, min_order, monthly_capacity, indexation…", "POST", "/v1/pack-contracts", "roadbook pack contract -f contract.yaml"},
		{"contracts", "list contracts", "GET", "/v1/pack-contracts", "roadbook pack contracts"},
		{"price", "what a pack costs on a day, term by term", "GET", "/v1/pack-contracts/{contract}/price", "roadbook pack price contract=catl-lfp-2023 date=2023-09-01 before=0"},
		{"settlement", "a contract year as it was settled, or as it stands so far", "GET", "/v1/pack-contracts/{contract}/settlements/{year}", "roadbook pack settlement contract=catl-lfp-2023 year=1"},
		{"settle", "settle a contract year: rebate by its volume, and what was not taken; once", "POST", "/v1/pack-contracts/{contract}/settlements", "roadbook pack settle contract=catl-lfp-2023 year=1 on=2024-08-01"},
		{"receive", "receive a lot of serials", "POST", "/v1/pack-lots", "roadbook pack receive contract=catl-lfp-2023 received=2023-09-01 serials='[\"C-1\",\"C-2\"]'"},
		{"show", "one pack", "GET", "/v1/packs/{serial}", "roadbook pack show serial=C-1"},
		{"history", "a pack's life from its lot on, and what it cost beside its standard", "GET", "/v1/packs/{serial}/history", "roadbook pack history serial=C-1"},
		{"move", "a pack was removed from its car, went into a second_life (place=…), or was recycled", "POST", "/v1/packs/{serial}/moves", "roadbook pack move serial=C-1 state=removed date=2031-05-01 source='work order 7' who=workshop"},
		{"standard", "what a part is planned to cost; packs are compared with it", "POST", "/v1/standards", `roadbook pack standard part=pack.74kwh.lfp unit='{"minor":7000000,"currency":"CNY"}' valid='{"from":"2023-08-01"}' source='plan 2023' date=2023-07-01 vintage=2023-07-01 who=controlling level=A`},
		{"standards", "list standard costs", "GET", "/v1/standards", "roadbook pack standards"},
	}},
	{"passport", "battery passports: 93 attributes, who may see them, QR code", []verb{
		{"attributes", "what a passport may say: unit, need per category, access, origin", "GET", "/v1/passport-attributes", "roadbook passport attributes"},
		{"set", "record a value of a battery (item), a lot or a model", "POST", "/v1/passport-values", "roadbook passport set grain=item subject=C-1 attribute=resistance_increase value='{\"pack\":3.5}' source='workshop order 17' date=2026-11-20 vintage=2026-11-21 who=workshop level=R"},
		{"show", "a passport as a reader sees it, as of a day", "GET", "/v1/passports/{serial}", "roadbook passport show serial=C-1 access=legitimate_interest as_of=2026-11-26"},
		{"missing", "what is mandatory and not known", "GET", "/v1/passports/{serial}/missing", "roadbook passport missing serial=C-1 category=ev"},
		{"values", "every record, superseded ones too", "GET", "/v1/passports/{serial}/values", "roadbook passport values serial=C-1 attribute=battery_mass"},
		{"keep", "record what the battery's car reports now", "POST", "/v1/passports/{serial}/readings", "roadbook passport keep serial=C-1"},
		{"export", "a passport as JSON-LD", "GET", "/v1/passports/{serial}/export", "roadbook passport export serial=C-1 access=public > C-1.jsonld"},
		{"qr", "the QR code of its public page, as SVG", "GET", "/v1/passports/{serial}/qr", "roadbook passport qr serial=C-1 > C-1.svg"},
	}},
	{"index", "commodity indices that prices follow", []verb{
		{"add", "the value of an index in a month; a revision is another one with a later vintage", "POST", "/v1/index-values", "roadbook index add index=lithium.carbonate.cn month=2024-07 value=80000 currency=CNY per=t source='price report' date=2024-07-31 vintage=2024-08-02 who=purchasing level=R"},
		{"list", "list the values of an index as they were known on a day", "GET", "/v1/index-values", "roadbook index list index=lithium.carbonate.cn as_of=2024-08-31"},
	}},
	{"part", "what parts should cost, and what suppliers ask", []verb{
		{"should", "a should-cost by material, process and overhead", "POST", "/v1/should-costs", "roadbook part should -f should.yaml"},
		{"shoulds", "list should-costs", "GET", "/v1/should-costs", "roadbook part shoulds"},
		{"quote", "record a supplier's quote", "POST", "/v1/quotes", `roadbook part quote supplier=catl part=door.frame price=148 currency=CNY min_order=100 lead_weeks=6 valid='{"from":"2024-01-01"}' source='quote 4711' date=2024-01-10 vintage=2024-01-11 who=purchasing level=R`},
		{"quotes", "list quotes", "GET", "/v1/quotes", "roadbook part quotes"},
		{"compare", "a part's quotes on a day beside its should-cost; outliers are flagged", "GET", "/v1/parts/{part}/quotes", "roadbook part compare part=door.frame date=2024-06-01 volume=5000"},
	}},
	{"model", "models, their bill of materials and price floor", []verb{
		{"put", "add a model with its bill of materials", "POST", "/v1/models", "roadbook model put -f model.yaml"},
		{"list", "list models", "GET", "/v1/models", "roadbook model list"},
		{"floor", "the lowest price at the target margin, term by term", "GET", "/v1/models/{model}/floor", "roadbook model floor model=road-1 serial=C-1 date=2023-09-01 margin=0.01"},
		{"credit", "what software is worth per car at a confidence; it lowers the floor", "POST", "/v1/models/{model}/credits", `roadbook model credit model=road-1 amount='{"minor":350000,"currency":"CNY"}' confidence=0.9 valid='{"from":"2023-10-01"}' source='forecast run_…' date=2023-09-30 vintage=2023-09-30 who=controlling level=D`},
		{"credits", "list a model's credits", "GET", "/v1/models/{model}/credits", "roadbook model credits model=road-1"},
		{"structure", "add a version of a trim's bill of materials: a tree of assemblies and parts", "POST", "/v1/models/{model}/trims/{trim}/structures", "roadbook model structure model=road-1 trim=max -f structure.yaml"},
		{"structures", "list the versions of a trim", "GET", "/v1/models/{model}/trims/{trim}/structures", "roadbook model structures model=road-1 trim=max"},
		{"cost", "add up a trim: should-cost, and the best quotes beside it", "GET", "/v1/models/{model}/trims/{trim}/cost", "roadbook model cost model=road-1 trim=max date=2024-06-01"},
	}},
	{"tariff", "what carriers take for connectivity and delivery", []verb{
		{"add", "add a tariff", "POST", "/v1/tariffs", "roadbook tariff add -f tariff.yaml"},
		{"list", "list tariffs", "GET", "/v1/tariffs", "roadbook tariff list"},
	}},
	{"car", "cars: build, look up, revoke", []verb{
		{"build", "build a car with a pack and ECUs; answers the one-time enrolment secret", "POST", "/v1/cars", `roadbook car build vin=LRBR1CNE1PB000001 model=road-1 pack_serial=C-1 ecus='[{"serial":"ECU-1","hardware_id":"rb-head-1","role":"primary"}]'`},
		{"list", "list cars", "GET", "/v1/cars", "roadbook car list limit=20"},
		{"show", "one car", "GET", "/v1/cars/{vin}", "roadbook car show vin=LRBR1CNE1PB000001"},
		{"resell", "give a sold car to its next owner", "POST", "/v1/cars/{vin}/owner", "roadbook car resell vin=LRBR1CNE1PB000001 owner=owner-2 on=2025-09-01"},
		{"owners", "who owned a car, from when on", "GET", "/v1/cars/{vin}/owners", "roadbook car owners vin=LRBR1CNE1PB000001"},
		{"revoke", "cut a car off", "POST", "/v1/cars/{vin}/revoke", "roadbook car revoke vin=LRBR1CNE1PB000001 reason=stolen"},
		{"signals", "latest signals", "GET", "/v1/cars/{vin}/signals", "roadbook car signals vin=LRBR1CNE1PB000001"},
		{"counts", "frames sent, received, stored", "GET", "/v1/cars/{vin}/counts", "roadbook car counts vin=LRBR1CNE1PB000001"},
		{"rights", "what the car may use", "GET", "/v1/cars/{vin}/rights", "roadbook car rights vin=LRBR1CNE1PB000001"},
		{"profit", "profit and loss of one car", "GET", "/v1/outlook/cars/{vin}", "roadbook car profit vin=LRBR1CNE1PB000001"},
	}},
	{"product", "the catalogue", []verb{
		{"put", "add a product or a price", "POST", "/v1/products", "roadbook product put -f product.yaml"},
		{"list", "list products", "GET", "/v1/products", "roadbook product list"},
	}},
	{"order", "orders", []verb{
		{"place", "sell a car or a feature", "POST", "/v1/orders", "roadbook order place -f order.yaml"},
		{"list", "list orders", "GET", "/v1/orders", "roadbook order list limit=20"},
		{"show", "one order", "GET", "/v1/orders/{id}", "roadbook order show id=ord_…"},
	}},
	{"invoice", "invoices, subscriptions, usage", []verb{
		{"list", "list invoices", "GET", "/v1/invoices", "roadbook invoice list vin=LRBR1CNE1PB000001"},
		{"show", "one invoice with the calculation of each line", "GET", "/v1/invoices/{id}", "roadbook invoice show id=inv_…"},
		{"subscriptions", "list subscriptions", "GET", "/v1/subscriptions", "roadbook invoice subscriptions"},
		{"cancel", "cancel a subscription at its period's end", "POST", "/v1/subscriptions/{id}/cancel", "roadbook invoice cancel id=sub_…"},
		{"usage", "record metered usage", "POST", "/v1/usage", "roadbook invoice usage -f usage.json"},
	}},
	{"licence", "licences of our software to other makers", []verb{
		{"add", "take up a licence and invoice its fee", "POST", "/v1/licences", "roadbook licence add -f licence.yaml"},
		{"list", "list licences", "GET", "/v1/licences", "roadbook licence list"},
		{"show", "one licence with what was reported", "GET", "/v1/licences/{id}", "roadbook licence show id=lic_vw"},
		{"royalty", "report a month's units and invoice their royalty", "POST", "/v1/licences/{id}/units", "roadbook licence royalty id=lic_vw month=2025-03 units=1200"},
	}},
	{"partner", "partners, rate cards, statements", []verb{
		{"add", "add a partner", "POST", "/v1/partners", "roadbook partner add id=ptn_kino name='Kino Studio' market=CN currency=CNY"},
		{"list", "list partners", "GET", "/v1/partners", "roadbook partner list"},
		{"rate", "add a rate card", "POST", "/v1/partners/{id}/rate-cards", "roadbook partner rate id=ptn_kino -f card.yaml"},
		{"statements", "statements of a partner", "GET", "/v1/partners/{id}/statements", "roadbook partner statements id=ptn_kino"},
	}},
	{"image", "software images", []verb{
		{"upload", "upload an image", "POST", "/v1/images", "roadbook image upload -f firmware.img"},
		{"list", "list images", "GET", "/v1/images", "roadbook image list"},
	}},
	{"release", "software releases", []verb{
		{"publish", "sign an uploaded image into the Image repository", "POST", "/v1/releases", "roadbook release publish name='Road 1.1' version=1.1.0 hardware_id=rb-head-1 release_counter=2 image_sha256=… rxswin='[\"R157:RB1-2026.11\"]'"},
		{"list", "list releases", "GET", "/v1/releases", "roadbook release list"},
	}},
	{"evidence", "the signed evidence without which no release of the pilot goes out", []verb{
		{"upload", "add a bundle (roadbook scene sign) to a release", "POST", "/v1/releases/{release}/evidence", "roadbook evidence upload release=rel_… -f evidence.bundle"},
		{"list", "list a release's bundles", "GET", "/v1/releases/{release}/evidence", "roadbook evidence list release=rel_…"},
		{"verdict", "whether a release may go out: every figure against its limit and the shipped release", "GET", "/v1/releases/{release}/verdict", "roadbook evidence verdict release=rel_…"},
	}},
	{"campaign", "campaigns: a release for a list of cars", []verb{
		{"start", "start a campaign", "POST", "/v1/campaigns", "roadbook campaign start name=spring release_id=rel_… vins='[\"LRBR1CNE1PB000001\"]'"},
		{"list", "list campaigns", "GET", "/v1/campaigns", "roadbook campaign list"},
		{"show", "one campaign with its counts", "GET", "/v1/campaigns/{id}", "roadbook campaign show id=cmp_…"},
		{"pause", "keep cars that have not started from starting", "POST", "/v1/campaigns/{id}/pause", "roadbook campaign pause id=cmp_…"},
		{"resume", "go on", "POST", "/v1/campaigns/{id}/resume", "roadbook campaign resume id=cmp_…"},
	}},
	{"app", "partners' apps", []verb{
		{"developer", "register a partner's Ed25519 key (base64)", "PUT", "/v1/apps/developers/{partner}", "roadbook app developer partner=ptn_kino key=…"},
		{"submit", "submit a signed .rbapp package", "POST", "/v1/apps/versions", "roadbook app submit partner=ptn_kino -f kino.rbapp"},
		{"approve", "sign a submitted version into the store", "POST", "/v1/apps/versions/{id}/approve", "roadbook app approve id=app_… reviewer='A. Reader'"},
		{"reject", "turn a submitted version down", "POST", "/v1/apps/versions/{id}/reject", "roadbook app reject id=app_… reviewer='A. Reader' reason='reads the location without need'"},
		{"list", "list submitted versions", "GET", "/v1/apps/versions", "roadbook app list"},
	}},
	{"provisioning", "what every car is given in the factory", []verb{
		{"show", "addresses, roots and keys, for roadcar --provisioning", "GET", "/v1/provisioning", "roadbook provisioning show > provisioning.json"},
	}},
	{"clock", "the time by which the server works", []verb{
		{"show", "show it", "GET", "/v1/clock", "roadbook clock show"},
		{"set", "move simulated time and do what falls due (serve --simulate)", "POST", "/v1/clock", "roadbook clock set now=2023-10-01T04:00:00Z"},
	}},
	{"ledger", "the books", []verb{
		{"entries", "list entries", "GET", "/v1/ledger/entries", "roadbook ledger entries vehicle=LRBR1CNE1PB000001 limit=20"},
		{"show", "one entry", "GET", "/v1/ledger/entries/{seq}", "roadbook ledger show seq=1"},
		{"balances", "the trial balance", "GET", "/v1/ledger/balances", "roadbook ledger balances"},
		{"verify", "prove that debits equal credits and the chain holds", "GET", "/v1/ledger/verify", "roadbook ledger verify"},
	}},
	{"record", "what is known of the world, and since when", []verb{
		{"add", "keep a figure with its source, date, vintage and author; a correction names what it supersedes", "POST", "/v1/records", "roadbook record add -f record.yaml"},
		{"upload", "import a calibration file, each row with its source; again adds nothing", "POST", "/v1/records/import", "roadbook record upload -f economics.json"},
		{"list", "every record, corrected ones too", "GET", "/v1/records", "roadbook record list prefix=xiaomi/2024Q2/ as_of=2024-12-31"},
		{"facts", "what counted on a day, with conflicts and what was corrected", "GET", "/v1/facts", "roadbook record facts prefix=xiaomi/ as_of=2025-06-01"},
		{"show", "one record", "GET", "/v1/records/{id}", "roadbook record show id=rec_…"},
	}},
	{"run", "long work that a server does: forecasts, awards, backtests", []verb{
		{"ask", "ask for work of a kind (forecast, award)", "POST", "/v1/runs/{kind}", "roadbook run ask kind=award -f source.yaml"},
		{"list", "list runs, the newest first", "GET", "/v1/runs", "roadbook run list kind=forecast"},
		{"show", "one run: how far it is, and what it found", "GET", "/v1/runs/{id}", "roadbook run show id=run_…"},
		{"stop", "end a run with what it has found", "POST", "/v1/runs/{id}/stop", "roadbook run stop id=run_…"},
	}},
	{"message", "what cars sent and nobody could take: set aside, with the reason", []verb{
		{"list", "messages that were set aside, the oldest first", "GET", "/v1/messages/aside", "roadbook message list vin=LRBR1CNE1PB000001"},
		{"retry", "hand them in again, of one car or of all; what is taken now is set aside no longer", "POST", "/v1/messages/aside/retry", "roadbook message retry vin=LRBR1CNE1PB000001"},
	}},
	{"pilot", "the highway pilots in service: rates per 1,000 km, verdicts, stops, California's report", []verb{
		{"rates", "events per 1,000 km by version, with exact 95 % intervals", "GET", "/v1/pilot/rates", "roadbook pilot rates from=2023-09-01 to=2024-01-01"},
		{"verdict", "whether a version is worse than its limits or than the other versions", "GET", "/v1/pilot/versions/{software}/verdict", "roadbook pilot verdict software=1.1.0"},
		{"events", "single events, newest first", "GET", "/v1/pilot/events", "roadbook pilot events kind=minimum_risk limit=20"},
		{"differences", "where a candidate in shadow mode would have acted otherwise", "GET", "/v1/pilot/differences", "roadbook pilot differences software=1.0.0"},
		{"limits", "what a version is held to", "GET", "/v1/pilot/limits", "roadbook pilot limits"},
		{"limit", "supersede the limits, all of them: a kind of event that is left out has none", "POST", "/v1/pilot/limits", `roadbook pilot limit alpha=0.01 rates='[{"kind":"minimum_risk","per_1000_km":0.2,"worse":true}]' source='safety board, 2026-11-26'`},
		{"stops", "rollouts that were stopped by what the fleet reported", "GET", "/v1/pilot/stops", "roadbook pilot stops"},
		{"disengagements", "disengagements in the US in the columns of California's yearly form OL 311R (7/2020), as CSV", "GET", "/v1/pilot/california/disengagements", "roadbook pilot disengagements year=2024 manufacturer=Maker permit=AVT-000 > ol311r.csv"},
		{"mileage", "miles by car and month for the same form, as CSV", "GET", "/v1/pilot/california/mileage", "roadbook pilot mileage year=2024 manufacturer=Maker permit=AVT-000 > ol311r-miles.csv"},
	}},
	{"profit", "profit and loss of the fleet and of every car", []verb{
		{"fleet", "the fleet's answer", "GET", "/v1/outlook", "roadbook profit fleet"},
		{"cars", "every car", "GET", "/v1/outlook/cars", "roadbook profit cars"},
		{"life", "the fleet month by month: cash, deferred, recognised", "GET", "/v1/outlook/life", "roadbook profit life grain=quarter"},
		{"car", "one car by its age: cash, deferred, recognised", "GET", "/v1/outlook/cars/{vin}/life", "roadbook profit car vin=LRBR1CNE1PB000001"},
		{"cohorts", "the fleet by the quarter of the sale", "GET", "/v1/outlook/cohorts", "roadbook profit cohorts key=cars_sold"},
		{"cohort", "one quarter's cars", "GET", "/v1/outlook/cohorts/{quarter}", "roadbook profit cohort quarter=2023Q3"},
		{"observations", "what the fleet says about a forecast's inputs", "GET", "/v1/outlook/observations", "roadbook profit observations"},
	}},
}

// numeric names the fields that are numbers; amounts and prices are text.
var numeric = map[string]bool{"release_counter": true, "units": true, "part": true, "year": true, "lead_weeks": true, "min_order": true, "alpha": true}

// adminCmd runs one verb of a noun.
type adminCmd struct {
	Server string   `help:"Where the maker's side listens." default:"http://127.0.0.1:8080" env:"ROADBOOK_SERVER"`
	Token  string   `help:"The operator's token (default: read from DATA/token)." env:"ROADBOOK_TOKEN"`
	Data   string   `help:"Data folder of a server on this machine, for its token." default:"data" type:"path"`
	File   string   `short:"f" help:"Send this file: JSON or YAML fields, or the bytes to upload. - is standard input." placeholder:"FILE"`
	Key    string   `help:"Idempotency-Key of a write; the same key again has no second effect (default: a new one)."`
	Verb   string   `arg:"" help:"What to do; see the list below."`
	Fields []string `arg:"" optional:"" help:"name=value; a value that reads as JSON is sent as such."`
	noun   noun
}

// Help lists the noun's verbs with an example each.
func (c *adminCmd) Help() string {
	var b strings.Builder
	for _, v := range c.noun.verbs {
		fmt.Fprintf(&b, "%s: %s\n\n    %s\n\n", v.name, v.help, v.example)
	}
	return b.String()
}

// Run sends the request and prints the answer.
func (c *adminCmd) Run(ctx context.Context, out io.Writer) error {
	for _, v := range c.noun.verbs {
		if v.name == c.Verb {
			return c.send(ctx, v, out)
		}
	}
	names := make([]string, len(c.noun.verbs))
	for i, v := range c.noun.verbs {
		names[i] = v.name
	}
	return fmt.Errorf("%s knows %s, not %q", c.noun.name, strings.Join(names, ", "), c.Verb)
}

func (c *adminCmd) send(ctx context.Context, v verb, out io.Writer) error {
	fields, raw, err := c.input(v)
	if err != nil {
		return err
	}
	path, err := fill(v.path, fields)
	if err != nil {
		return fmt.Errorf("%w\nexample: %s", err, v.example)
	}
	var body any
	key := ""
	switch {
	case v.method == http.MethodGet || raw != nil:
		if raw != nil {
			body = raw
		}
		q := url.Values{}
		for k, val := range fields {
			q.Set(k, fmt.Sprint(val))
		}
		if len(q) > 0 {
			path += "?" + q.Encode()
		}
	default:
		body = fields
	}
	if v.method == http.MethodPost {
		if key = c.Key; key == "" {
			key = uuid.NewString()
		}
	}
	token, err := operatorToken(c.Token, c.Data)
	if err != nil {
		return err
	}
	cl := client.Client{Base: c.Server, Token: token}
	var answer []byte
	if err := cl.Do(ctx, v.method, path, key, body, &answer); err != nil {
		if key != "" && fault.KindOf(err) == fault.Unknown {
			return fmt.Errorf("%w\nask again with --key %s", err, key)
		}
		return err
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, answer, "", "  ") != nil {
		pretty.Reset()
		pretty.Write(answer)
	}
	_, err = fmt.Fprintln(out, strings.TrimRight(pretty.String(), "\n"))
	return err
}

// operatorToken is the token that was given, or that of a server on this machine.
func operatorToken(given, data string) (string, error) {
	if given != "" {
		return given, nil
	}
	b, err := os.ReadFile(filepath.Join(data, "token"))
	if err != nil {
		return "", fmt.Errorf("no token: give --token or ROADBOOK_TOKEN, or --data of a server on this machine: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// input gathers the fields from the file and the arguments; an upload's file is sent as it is.
func (c *adminCmd) input(v verb) (map[string]any, []byte, error) {
	fields := map[string]any{}
	var raw []byte
	upload := v.name == "upload" || v.name == "submit" || v.name == "ask"
	if c.File == "" && upload {
		return nil, nil, fmt.Errorf("nothing to send: give -f FILE\nexample: %s", v.example)
	}
	if c.File != "" {
		b, err := readFile(c.File)
		if err != nil {
			return nil, nil, err
		}
		if upload {
			raw = b
		} else if len(b) > MaxInput {
			return nil, nil, fmt.Errorf("%s: larger than %d bytes", c.File, MaxInput)
		} else if err := yaml.Unmarshal(b, &fields); err != nil {
			return nil, nil, fmt.Errorf("%s: %s", c.File, yaml.FormatError(err, false, true))
		}
	}
	for _, f := range c.Fields {
		name, val, ok := strings.Cut(f, "=")
		if !ok {
			return nil, nil, fmt.Errorf("%q is not name=value", f)
		}
		var parsed any
		if (strings.HasPrefix(val, "[") || strings.HasPrefix(val, "{") || numeric[name]) && json.Unmarshal([]byte(val), &parsed) == nil {
			fields[name] = parsed
		} else {
			fields[name] = val
		}
	}
	return fields, raw, nil
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

// fill replaces {name} in the path and takes the field out.
func fill(path string, fields map[string]any) (string, error) {
	for {
		i := strings.IndexByte(path, '{')
		if i < 0 {
			return path, nil
		}
		j := strings.IndexByte(path, '}')
		name := path[i+1 : j]
		val, ok := fields[name]
		if !ok {
			return "", fmt.Errorf("the field %s is needed: %s=…", name, name)
		}
		path = path[:i] + url.PathEscape(fmt.Sprint(val)) + path[j+1:]
		delete(fields, name)
	}
}
