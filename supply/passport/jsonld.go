package passport

import (
	"bytes"
	"encoding/json"
	"strings"
)

// JSONLD writes the passport as JSON-LD 1.1 with its context inline: each attribute is a property named by its id, mapped to
// the public data model's identifier where one is known, with a typed value, unit, access class and provenance. What is owed
// and not known is listed under missing. The same passport makes the same bytes. It holds what p holds: take For(reader) first.
func (p Passport) JSONLD() ([]byte, error) {
	doc := object{{"@context", p.context()}, {"@id", p.Link}, {"@type", "BatteryPassport"}, {"serial", p.Serial}, {"asOf", p.AsOf},
		{"audience", p.Access}}
	if p.Category != "" {
		doc = append(doc, member{"category", p.Category})
	}
	missing := []string{}
	for _, e := range p.Entries {
		if e.Missing() {
			missing = append(missing, e.Attribute.ID)
		}
		if e.Record == nil {
			continue
		}
		entry, err := e.node()
		if err != nil {
			return nil, err
		}
		doc = append(doc, member{e.Attribute.ID, entry})
	}
	doc = append(doc, member{"missing", missing}, member{"withheld", p.Withheld})
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// context maps every name that the document uses, and the attributes that it holds.
func (p Passport) context() object {
	typed := func(iri, kind string) object { return object{{"@id", iri}, {"@type", kind}} }
	out := object{
		{"@version", json.Number("1.1")}, {"rb", Own}, {"xsd", "http://www.w3.org/2001/XMLSchema#"},
		{"prov", "http://www.w3.org/ns/prov#"}, {"dcterms", "http://purl.org/dc/terms/"}, {"skos", "http://www.w3.org/2004/02/skos/core#"},
		{"schema", "https://schema.org/"},
		{"BatteryPassport", "rb:BatteryPassport"}, {"Attribute", "rb:Attribute"},
		{"serial", "schema:serialNumber"}, {"asOf", typed("rb:asOf", "xsd:date")}, {"audience", "rb:audience"}, {"category", "rb:category"},
		{"missing", object{{"@id", "rb:missing"}, {"@container", "@list"}}}, {"withheld", typed("rb:withheld", "xsd:integer")},
		{"value", "schema:value"}, {"unit", "schema:unitText"}, {"clause", "rb:clause"}, {"access", "dcterms:accessRights"}, {"grain", "rb:grain"},
		{"closeMatch", typed("skos:closeMatch", "@id")},
		{"provenance", "prov:wasDerivedFrom"}, {"record", "dcterms:identifier"}, {"origin", "rb:origin"}, {"source", "dcterms:source"},
		{"date", typed("dcterms:valid", "xsd:date")}, {"vintage", typed("dcterms:available", "xsd:date")}, {"who", "dcterms:contributor"},
		{"level", "rb:level"}, {"definition", "dcterms:description"}, {"supersedes", "dcterms:replaces"}, {"measuredAt", typed("prov:generatedAtTime", "xsd:dateTime")},
		{"name", "schema:name"}, {"operatorId", "schema:identifier"}, {"address", "schema:address"}, {"country", "schema:addressCountry"},
		{"web", typed("schema:url", "@id")}, {"email", "schema:email"}, {"cas", "rb:casNumber"}, {"part", "rb:part"}, {"percent", typed("rb:percentByMass", "xsd:decimal")},
		{"hazard", "rb:hazardClass"}, {"pack", typed("rb:pack", "xsd:decimal")}, {"module", typed("rb:module", "xsd:decimal")}, {"cell", typed("rb:cell", "xsd:decimal")},
	}
	for _, e := range p.Entries {
		if e.Record != nil {
			out = append(out, member{e.Attribute.ID, object{{"@id", e.Attribute.IRI()}}})
		}
	}
	return out
}

// node is one attribute of the document.
func (e Entry) node() (object, error) {
	a, r := e.Attribute, e.Record
	value, err := linked(a.Form.Kind, r.Value)
	if err != nil {
		return nil, err
	}
	out := object{{"@type", "Attribute"}, {"value", value}}
	if a.Form.Unit != "" {
		out = append(out, member{"unit", a.Form.Unit})
	}
	out = append(out, member{"clause", a.Clause}, member{"access", a.Access}, member{"grain", r.Subject.Grain})
	if a.Near != "" {
		out = append(out, member{"closeMatch", a.Near})
	}
	from := object{{"record", r.ID}, {"origin", r.Origin}, {"source", r.Source}, {"date", r.Date}, {"vintage", r.Vintage}, {"who", r.Who}, {"level", r.Level}}
	for _, f := range []member{{"definition", r.Definition}, {"supersedes", r.Supersedes}} {
		if f.value != "" {
			from = append(from, f)
		}
	}
	if !r.At.IsZero() {
		from = append(from, member{"measuredAt", r.At})
	}
	return append(out, member{"provenance", from}), nil
}

// linked gives a value its type: a number becomes an xsd:decimal as it is spelled, for a JSON-LD processor reads bare
// numbers as doubles; contacts' ids are named apart from the node's own.
func linked(k Kind, raw json.RawMessage) (any, error) {
	typed := func(kind string) (any, error) {
		s := strings.Trim(string(raw), `"`)
		return object{{"@value", s}, {"@type", "xsd:" + kind}}, nil
	}
	switch k {
	case Number:
		return typed("decimal")
	case Whole:
		return typed("integer")
	case Month:
		return typed("gYearMonth")
	case Date:
		return typed("date")
	case Link:
		var s string
		err := json.Unmarshal(raw, &s)
		return object{{"@id", s}}, err
	case Parties:
		var all []Contact
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, err
		}
		out := make([]object, len(all))
		for i, c := range all {
			for _, m := range []member{{"name", c.Name}, {"operatorId", c.ID}, {"address", c.Address}, {"country", c.Country}, {"web", c.Web}, {"email", c.Email}} {
				if m.value != "" {
					out[i] = append(out[i], m)
				}
			}
		}
		return out, nil
	case Substances:
		var all []Substance
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, err
		}
		out := make([]object, len(all))
		for i, s := range all {
			for _, m := range []member{{"name", s.Name}, {"cas", s.CAS}, {"part", s.Part}, {"percent", s.Percent.String()}, {"hazard", s.Hazard}} {
				if m.value != "" {
					out[i] = append(out[i], m)
				}
			}
		}
		return out, nil
	case PerPart:
		var parts Parts
		if err := json.Unmarshal(raw, &parts); err != nil {
			return nil, err
		}
		var out object
		for _, m := range []member{{"pack", parts.Pack.String()}, {"module", parts.Module.String()}, {"cell", parts.Cell.String()}} {
			if m.value != "" {
				out = append(out, m)
			}
		}
		return out, nil
	}
	return raw, nil
}

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.name, m.value} {
			raw, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(raw)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
