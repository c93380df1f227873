package supplyhttp

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/platform/web"
	"roadbook/supply/passport"
)

//go:embed passport.css
var passportStyle string

// passportPolicy lets the page show what is in it and nothing else: no script, no frame, no load from anywhere.
func passportPolicy() string {
	sum := sha256.Sum256([]byte(passportStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
}

// PassportPages answers GET /passport/{serial} to anyone: the public part of the passport, as a page, or as JSON-LD to who
// asks for application/ld+json or application/json (or ?format=jsonld). It is what the QR code on the battery leads to.
func PassportPages(s *passport.Service, log *slog.Logger) http.Handler {
	policy := passportPolicy()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /passport/{serial}", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		h.Set("Vary", "Accept")
		linked := r.URL.Query().Get("format") == "jsonld" || wantsData(r.Header.Get("Accept"))
		p, err := s.Passport(r.Context(), r.PathValue("serial"), "", passport.Anyone)
		if err != nil && linked {
			web.WriteError(w, err)
			return
		}
		var body bytes.Buffer
		status, kind := http.StatusOK, "text/html; charset=utf-8"
		switch {
		case err == nil && linked:
			var doc []byte
			doc, err = p.JSONLD()
			body.Write(doc)
			kind = "application/ld+json"
		case err == nil:
			var code []byte
			if code, err = passport.SVG(p.Link); err == nil {
				err = passportPage(p, string(code)).Render(r.Context(), &body)
			}
		case fault.KindOf(err) == fault.NotFound:
			status, err = http.StatusNotFound, passportUnknown(r.PathValue("serial")).Render(r.Context(), &body)
		}
		if err != nil {
			web.WriteError(w, err)
			return
		}
		h.Set("Content-Type", kind)
		w.WriteHeader(status)
		if _, err := body.WriteTo(w); err != nil {
			log.Debug("passport not written", "err", err)
		}
	})
	return mux
}

// wantsData reports whether an Accept header prefers JSON to a page. Nothing said, or anything, means the page.
func wantsData(accept string) bool {
	best := map[bool]float64{}
	for part := range strings.SplitSeq(accept, ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if s, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(s, 64); err != nil {
				continue
			}
		}
		switch kind {
		case "application/ld+json", "application/json":
			best[true] = max(best[true], q)
		case "text/html", "application/xhtml+xml":
			best[false] = max(best[false], q)
		}
	}
	return best[true] > best[false]
}

func asFault(err error) (*fault.Error, bool) { return errors.AsType[*fault.Error](err) }

// cluster is one table of the page.
type cluster struct {
	Name    passport.Cluster
	Entries []passport.Entry
	Known   int
	Missing int
}

func clusters(p passport.Passport) []cluster {
	var out []cluster
	for _, name := range passport.Clusters {
		c := cluster{Name: name}
		for _, e := range p.Entries {
			if e.Attribute.Cluster != name {
				continue
			}
			c.Entries = append(c.Entries, e)
			if e.Record != nil {
				c.Known++
			}
			if e.Missing() {
				c.Missing++
			}
		}
		if len(c.Entries) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// total counts the mandatory attributes that are there and that are not.
func total(p passport.Passport) (known, missing int) {
	for _, e := range p.Entries {
		switch {
		case e.Missing():
			missing++
		case e.Need == passport.Mandatory:
			known++
		}
	}
	return known, missing
}

// piece is a part of a value: text, or a link.
type piece struct{ Text, Href string }

// pieces writes a value for a person, one piece a line.
func pieces(f passport.Form, raw json.RawMessage) []piece {
	unit := ""
	if f.Unit != "" {
		unit = " " + f.Unit
	}
	lines := func(all []string) (out []piece) {
		for _, s := range all {
			out = append(out, piece{Text: s})
		}
		return out
	}
	var s string
	var texts []string
	var contacts []passport.Contact
	var substances []passport.Substance
	var parts passport.Parts
	switch f.Kind {
	case passport.Number, passport.Whole:
		return []piece{{Text: string(raw) + unit}}
	case passport.Texts:
		if json.Unmarshal(raw, &texts) == nil {
			return lines(texts)
		}
	case passport.Parties:
		if json.Unmarshal(raw, &contacts) == nil {
			var out []piece
			for _, c := range contacts {
				out = append(out, piece{Text: joined(c.Name, c.ID, c.Address, c.Country, c.Email)})
				if c.Web != "" {
					out = append(out, piece{Text: c.Web, Href: c.Web})
				}
			}
			return out
		}
	case passport.Substances:
		if json.Unmarshal(raw, &substances) == nil {
			for _, x := range substances {
				percent := ""
				if x.Percent != "" {
					percent = x.Percent.String() + " %"
				}
				texts = append(texts, joined(x.Name, x.CAS, x.Part, percent, x.Hazard))
			}
			return lines(texts)
		}
	case passport.PerPart:
		if json.Unmarshal(raw, &parts) == nil {
			for _, n := range [][2]string{{"pack", parts.Pack.String()}, {"module", parts.Module.String()}, {"cell", parts.Cell.String()}} {
				if n[1] != "" {
					texts = append(texts, n[0]+" "+n[1]+unit)
				}
			}
			return lines(texts)
		}
	default:
		if json.Unmarshal(raw, &s) == nil {
			if f.Kind == passport.Link {
				return []piece{{s, s}}
			}
			return []piece{{Text: s}}
		}
	}
	return []piece{{Text: string(raw)}}
}

func joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

func levelWord(l evidence.Level) string {
	return map[evidence.Level]string{evidence.Reported: "reported", evidence.Derived: "derived", evidence.Assumed: "assumed", evidence.Uncertain: "uncertain"}[l]
}

func categoryWord(c passport.Category) string {
	return map[passport.Category]string{passport.EV: "electric vehicle battery", passport.LMT: "battery of a light means of transport",
		passport.Industrial: "industrial battery above 2 kWh", passport.Stationary: "stationary battery"}[c]
}
