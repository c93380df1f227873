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
	{"supplier", "suppliers and their dated exclusions", []verb{
		{"add", "add a supplier", "POST", "/v1/suppliers", "roadbook supplier add id=catl name=CATL"},
		{"list", "list suppliers", "GET", "/v1/suppliers", "roadbook supplier list"},
		{"exclusions", "list a supplier's exclusions", "GET", "/v1/suppliers/{supplier}/exclusions", "roadbook supplier exclusions supplier=byd"},
		{"exclude", "bar a supplier while the exclusion holds", "POST", "/v1/suppliers/{supplier}/exclusions", `roadbook supplier exclude supplier=byd span='{"from":"2023-08-01","to":"2026-08-01"}' reason='legal conflict' owner=purchasing evidence=letter`},
	}},
	{"pack", "battery packs: contracts and received lots", []verb{
		{"contract", "add a contract with prices by date and volume", "POST", "/v1/pack-contracts", "roadbook pack contract -f contract.yaml"},
		{"contracts", "list contracts", "GET", "/v1/pack-contracts", "roadbook pack contracts"},
		{"receive", "receive a lot of serials", "POST", "/v1/pack-lots", "roadbook pack receive contract=catl-lfp-2023 received=2023-09-01 serials='[\"C-1\",\"C-2\"]'"},
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
	{"model", "models, their bill of materials and price floor", []verb{
		{"put", "add a model with its bill of materials", "POST", "/v1/models", "roadbook model put -f model.yaml"},
		{"list", "list models", "GET", "/v1/models", "roadbook model list"},
		{"floor", "the lowest price at the target margin", "GET", "/v1/models/{model}/floor", "roadbook model floor model=road-1 serial=C-1 date=2023-09-01 margin=0.01"},
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
		{"publish", "sign an uploaded image into the Image repository", "POST", "/v1/releases", "roadbook release publish name='Road 1.1' version=1.1.0 hardware_id=rb-head-1 release_counter=2 image_sha256=…"},
		{"list", "list releases", "GET", "/v1/releases", "roadbook release list"},
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
	token := c.Token
	if token == "" {
		b, err := os.ReadFile(filepath.Join(c.Data, "token"))
		if err != nil {
			return fmt.Errorf("no token: give --token or ROADBOOK_TOKEN, or --data of a server on this machine: %w", err)
		}
		token = strings.TrimSpace(string(b))
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

// input gathers the fields from the file and the arguments; an upload's file is sent as it is.
func (c *adminCmd) input(v verb) (map[string]any, []byte, error) {
	fields := map[string]any{}
	var raw []byte
	if c.File != "" {
		b, err := readFile(c.File)
		if err != nil {
			return nil, nil, err
		}
		if v.name == "upload" || v.name == "submit" {
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
		if (strings.HasPrefix(val, "[") || strings.HasPrefix(val, "{") || name == "release_counter" || name == "units" || name == "part") && json.Unmarshal([]byte(val), &parsed) == nil {
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
