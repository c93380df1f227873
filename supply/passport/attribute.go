package passport

import (
	"fmt"
	"slices"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/period"
)

// From is the day from which a battery that is placed on the market has a passport (Regulation (EU) 2023/1542, Art. 77(1)).
const From period.Date = "2027-02-18"

// Cluster groups attributes as DIN DKE SPEC 99100:2025-02 does.
type Cluster string

// The clusters, in the order of the SPEC's clauses 6.1 to 6.7.
const (
	Identity    Cluster = "identifiers and product data"
	Labels      Cluster = "symbols, labels, conformity"
	Carbon      Cluster = "carbon footprint"
	Diligence   Cluster = "due diligence"
	Materials   Cluster = "materials"
	Circularity Cluster = "circularity"
	Performance Cluster = "performance and durability"
)

// Clusters lists the clusters in order.
var Clusters = []Cluster{Identity, Labels, Carbon, Diligence, Materials, Circularity, Performance}

// Category is what a battery is for; it decides what its passport owes.
type Category string

// The categories. Industrial batteries owe a passport above 2 kWh.
const (
	EV         Category = "ev"
	LMT        Category = "lmt" // light means of transport
	Industrial Category = "industrial"
	Stationary Category = "stationary" // storage: an industrial battery that Art. 14 and Annex VII treat apart
)

// Categories lists the categories in the order of Needs.
var Categories = []Category{EV, LMT, Industrial, Stationary}

// Need says what a category owes.
type Need string

// The needs.
const (
	Mandatory   Need = "mandatory"
	Conditional Need = "conditional" // owed where the Regulation says "where applicable" or "where possible"
	Optional    Need = "optional"    // recommended by the SPEC
	NotOwed     Need = "not_applicable"
)

// Needs is one letter per category, in the order of Categories: M, C, O or N.
type Needs string

// Of returns what the category owes.
func (n Needs) Of(c Category) Need {
	i := slices.Index(Categories, c)
	if i < 0 || i >= len(n) {
		return NotOwed
	}
	return map[byte]Need{'M': Mandatory, 'C': Conditional, 'O': Optional}[n[i]].or(NotOwed)
}

func (n Need) or(o Need) Need {
	if n == "" {
		return o
	}
	return n
}

// Access is who may read an attribute, by the points of Annex XIII to which Art. 77(2) gives each reader a right.
type Access string

// The access classes. They are not steps of one ladder: an authority has no right to the data of one battery's use (point
// 4), a person with a legitimate interest none to test reports (point 3).
const (
	Public     Access = "public"              // point 1
	Shared     Access = "interest_or_control" // point 2: legitimate interest, and authorities
	Control    Access = "authority"           // point 3: notified bodies, market surveillance, the Commission
	Individual Access = "legitimate_interest" // point 4: data of the individual battery
)

// Accesses lists the access classes.
var Accesses = []Access{Public, Shared, Control, Individual}

// Reader is who asks.
type Reader string

// The readers.
const (
	Anyone    Reader = "public"
	Interest  Reader = "legitimate_interest" // repairers, remanufacturers, second-life operators, recyclers, the battery's buyer
	Authority Reader = "authority"
	Maker     Reader = "maker" // whose passport it is
)

// Readers lists the readers.
var Readers = []Reader{Anyone, Interest, Authority, Maker}

// ParseReader refuses a reader that there is not.
func ParseReader(s string) (Reader, error) {
	if r := Reader(s); slices.Contains(Readers, r) {
		return r, nil
	}
	return "", fault.New(fault.Invalid, "access", "access %.40q is none of %v", s, Readers).At("/access")
}

// May reports whether the reader may see values of the class. What is not allowed here is allowed nowhere.
func (r Reader) May(a Access) bool {
	switch r {
	case Anyone:
		return a == Public
	case Interest:
		return a == Public || a == Shared || a == Individual
	case Authority:
		return a == Public || a == Shared || a == Control
	case Maker:
		return slices.Contains(Accesses, a)
	}
	return false
}

// Grain is what an attribute's value is true of.
type Grain string

// The grains, the coarsest first.
const (
	Model Grain = "model"
	Lot   Grain = "lot" // batch, or model per year and manufacturing plant
	Item  Grain = "item"
)

// Grains lists the grains, the coarsest first.
var Grains = []Grain{Model, Lot, Item}

// Origin is where an attribute's values come from.
type Origin string

// The origins.
const (
	Supplier  Origin = "supplier"
	Factory   Origin = "factory"
	Telemetry Origin = "telemetry"
)

// Origins lists the origins.
var Origins = []Origin{Supplier, Factory, Telemetry}

// Attribute is one of the 93 data attributes.
type Attribute struct {
	ID      string         `json:"id"`
	Clause  string         `json:"clause"` // of DIN DKE SPEC 99100
	Name    string         `json:"name"`
	Cluster Cluster        `json:"cluster"`
	Basis   string         `json:"basis"` // in Regulation (EU) 2023/1542: article, or annex and point; "" if only the SPEC asks
	Form    Form           `json:"form"`
	Needs   Needs          `json:"needs"` // of ev, lmt, industrial, stationary: M mandatory, C conditional, O optional, N not applicable
	Access  Access         `json:"access"`
	Dynamic bool           `json:"dynamic"`
	Grain   Grain          `json:"grain"`
	Origin  Origin         `json:"origin"`
	Term    string         `json:"term,omitempty"` // the same property in a public data model
	Near    string         `json:"near,omitempty"` // the property of a public data model of which it is a part
	Level   evidence.Level `json:"level"`          // of this row: R where the SPEC's public record and the Regulation agree, else U
	Note    string         `json:"note,omitempty"`
}

// Attributes returns the catalogue in the order of the SPEC's clauses.
func Attributes() []Attribute {
	return slices.Concat(identity(), labels(), carbon(), diligence(), materials(), circularity(), performance())
}

// Catalogue finds attributes by their id.
type Catalogue struct {
	all []Attribute
	at  map[string]int
}

// NewCatalogue returns the 93 attributes.
func NewCatalogue() Catalogue {
	c := Catalogue{all: Attributes(), at: map[string]int{}}
	for i, a := range c.all {
		c.at[a.ID] = i
	}
	return c
}

// All lists the attributes in order.
func (c Catalogue) All() []Attribute { return slices.Clone(c.all) }

// Of returns the attribute, or a NotFound.
func (c Catalogue) Of(id string) (Attribute, error) {
	i, ok := c.at[id]
	if !ok {
		return Attribute{}, fault.New(fault.NotFound, "attribute_unknown", "the passport has no attribute %.60q", id).At("/attribute")
	}
	return c.all[i], nil
}

// Admits reports whether a value of the attribute may be recorded for a subject of that grain: its own, or a finer one.
func (a Attribute) Admits(g Grain) bool {
	return slices.Index(Grains, g) >= slices.Index(Grains, a.Grain)
}

// The namespaces of public data models.
const (
	samm      = "urn:samm:io.BatteryPass."
	general   = samm + "GeneralProductInformation:1.2.0#"
	labelling = samm + "Labels:1.2.0#"
	footprint = samm + "CarbonFootprint:1.2.0#"
	sourcing  = samm + "SupplyChainDueDiligence:1.2.0#"
	material  = samm + "MaterialComposition:1.2.0#"
	circular  = samm + "Circularity:1.2.0#"
	perform   = samm + "Performance:1.2.1#"
	condition = "urn:samm:io.admin-shell.idta.batterypass.product_condition:1.0.2#" // IDTA 02035-5, CX-0160
	technical = "urn:samm:io.admin-shell.idta.batterypass.technical_data:1.0.0#"    // IDTA 02035-4
)

// Own is the namespace of what no public model names.
const Own = "urn:roadbook:passport#"

// IRI is what the attribute is called in JSON-LD.
func (a Attribute) IRI() string {
	if a.Term != "" {
		return a.Term
	}
	return Own + a.ID
}

// String names the attribute for a person.
func (a Attribute) String() string { return fmt.Sprintf("%s (%s)", a.Name, a.Clause) }
