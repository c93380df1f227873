package passport_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"roadbook/fault"
	"roadbook/supply/passport"
)

var update = flag.Bool("update", false, "write the golden files")

func asFault(err error) (*fault.Error, bool) { return errors.AsType[*fault.Error](err) }

// sample is a passport with a value of every kind.
func sample(t *testing.T) passport.Passport {
	t.Helper()
	c := passport.NewCatalogue()
	var all []passport.Record
	for _, v := range []struct {
		attribute, value string
		grain            passport.Grain
	}{
		{"battery_passport_id", `"` + link + `"`, passport.Item}, {"battery_category", `"ev"`, passport.Model}, {"battery_chemistry", `"LFP"`, passport.Model},
		{"manufacturing_date", `"2026-10"`, passport.Item}, {"service_date", `"2026-11-20"`, passport.Item}, {"battery_mass", `455.2`, passport.Model},
		{"manufacturer", `[{"name":"Cell & Co","id":"urn:x","address":"1 Road","country":"CN","web":"https://cell.example"}]`, passport.Model},
		{"hazardous_substances", `[{"name":"lithium hexafluorophosphate","cas":"21324-40-3","part":"electrolyte","percent":1.5,"hazard":"Acute Tox. 3"}]`, passport.Model},
		{"extinguishing_agent", `["water","class D"]`, passport.Model}, {"original_power", `220000`, passport.Model},
		{"initial_resistance", `{"pack":0.061,"cell":0.0005}`, passport.Model}, {"carbon_footprint_distribution", `0.004`, passport.Lot},
		{"certified_usable_energy", `70`, passport.Model}, {"state_of_certified_energy", `97.5`, passport.Item}, {"test_reports", `"https://cell.example/r.pdf"`, passport.Model},
	} {
		r := record("rec-"+v.attribute, v.attribute, v.value, v.grain, "2026-11-01", "2026-11-02")
		a, err := c.Of(v.attribute)
		if err != nil {
			t.Fatal(err)
		}
		if r, err = r.Check(a); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return c.Assemble(pack, all, link, "2026-11-26")
}

func TestJSONLDGolden(t *testing.T) {
	for _, r := range passport.Readers {
		got, err := sample(t).For(r).JSONLD()
		if err != nil {
			t.Fatal(err)
		}
		file := "testdata/" + string(r) + ".jsonld"
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s changed (go test -update writes it anew):\n%s", file, got)
		}
	}
}

// TestJSONLDExpands walks the document as a processor expands it: every name has a term, every term becomes an absolute
// IRI, every type too, and no two properties of a node become one.
func TestJSONLDExpands(t *testing.T) {
	raw, err := sample(t).JSONLD()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	ctx, ok := doc["@context"].(map[string]any)
	if !ok || ctx["@version"] != 1.1 {
		t.Fatalf("the context is %v", doc["@context"])
	}
	var expand func(s string, depth int) (string, error)
	expand = func(s string, depth int) (string, error) {
		if depth > 5 || strings.HasPrefix(s, "@") {
			return s, nil
		}
		term, ok := ctx[s]
		if m, isMap := term.(map[string]any); isMap {
			term = m["@id"]
		}
		if ok {
			return expand(fmt.Sprint(term), depth+1)
		}
		prefix, rest, colon := strings.Cut(s, ":")
		if base, known := ctx[prefix].(string); colon && known && !strings.HasPrefix(rest, "//") {
			return base + rest, nil
		}
		if colon && (prefix == "urn" || prefix == "http" || prefix == "https") {
			return s, nil
		}
		return "", fmt.Errorf("%q has no term and is no IRI", s)
	}
	properties := 0
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(at, e)
			}
		case map[string]any:
			seen := map[string]string{}
			for name, child := range v {
				if at == "" && name == "@context" {
					continue
				}
				if name == "@type" {
					if iri, err := expand(child.(string), 0); err != nil || !strings.Contains(iri, ":") {
						t.Errorf("%s: type %v: %v", at, child, err)
					}
					continue
				}
				iri, err := expand(name, 0)
				if err != nil {
					t.Errorf("%s: %v", at, err)
				}
				if had, ok := seen[iri]; ok {
					t.Errorf("%s: %s and %s both become %s", at, had, name, iri)
				}
				seen[iri] = name
				properties++
				walk(at+"/"+name, child)
			}
		}
	}
	walk("", doc)
	if properties < 150 {
		t.Errorf("only %d properties walked", properties)
	}
	for term, def := range ctx {
		if m, ok := def.(map[string]any); ok && m["@type"] != nil && m["@type"] != "@id" {
			if iri, err := expand(m["@type"].(string), 0); err != nil || !strings.HasPrefix(iri, "http://www.w3.org/2001/XMLSchema#") {
				t.Errorf("the type of %s is %v: %v", term, m["@type"], err)
			}
		}
	}
	if iri, err := expand("original_power", 0); err != nil || iri != "urn:samm:io.BatteryPass.Performance:1.2.1#originalPowerCapability" {
		t.Errorf("the original power is %s (%v)", iri, err)
	}
	mass := doc["battery_mass"].(map[string]any)["value"].(map[string]any)
	if mass["@value"] != "455.2" || mass["@type"] != "xsd:decimal" {
		t.Errorf("the mass is %v", mass)
	}
}

// TestQRReads decodes both pictures with another library than the one that made them.
func TestQRReads(t *testing.T) {
	for _, to := range []string{link, "http://127.0.0.1:8080/passport/C-1", "https://p.example/" + strings.Repeat("x", passport.MaxLink-18)} {
		raw, err := passport.PNG(to)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, img); got != to {
			t.Errorf("the PNG reads %q, want %q", got, to)
		}
		raw, err = passport.SVG(to)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, raster(t, raw)); got != to {
			t.Errorf("the SVG reads %q, want %q", got, to)
		}
	}
	for _, to := range []string{"", "https://p.example/" + strings.Repeat("x", passport.MaxLink)} {
		if _, err := passport.SVG(to); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d bytes: %v", len(to), err)
		}
		if _, err := passport.PNG(to); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d bytes: %v", len(to), err)
		}
	}
}

func decode(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got.GetText()
}

// raster draws what the SVG says: a white square and a path of runs "Mx yhNv1h-Nz".
func raster(t *testing.T, svg []byte) image.Image {
	t.Helper()
	var doc struct {
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(svg, &doc); err != nil {
		t.Fatal(err)
	}
	side, err := strconv.Atoi(doc.ViewBox[strings.LastIndexByte(doc.ViewBox, ' ')+1:])
	if err != nil || len(doc.Paths) != 2 {
		t.Fatal(doc.ViewBox, err)
	}
	const scale = 4
	img := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(doc.Paths[1].D, -1) {
		var n [3]int
		for i := range n {
			if n[i], err = strconv.Atoi(m[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		for y := n[1] * scale; y < (n[1]+1)*scale; y++ {
			for x := n[0] * scale; x < (n[0]+n[2])*scale; x++ {
				img.SetGray(x, y, color.Gray{})
			}
		}
	}
	return img
}
