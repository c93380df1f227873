package passport

import "roadbook/evidence"

// The public record of the catalogue: the contents list of DIN DKE SPEC 99100:2025-02, the Battery Pass data model 1.2 that
// names its clauses, the IDTA 02035 sub-models, and Regulation (EU) 2023/1542 with Annexes IV, VI, VII and XIII. The SPEC
// itself is not free: where public summaries differ among themselves or from the Regulation, the row has level U and says so.

const (
	sure   = evidence.Reported
	unsure = evidence.Uncertain
)

const (
	static  = false
	dynamic = true
)

// The categories of Art. 77(1) owe, in the order ev, lmt, industrial, stationary:
const (
	every     Needs = "MMMM"
	some      Needs = "CCCC" // where applicable
	none      Needs = "OOOO" // only the SPEC recommends it
	cycled    Needs = "MMCM" // industrial batteries only where their life can be told in cycles
	onlyEV    Needs = "MNNN"
	partA     Needs = "OMOM" // Annex VII A, of LMT and stationary batteries
	partAMay  Needs = "OCOC" // Annex VII A, "where possible"
	partB     Needs = "OMOM" // Annex VII B
	certified Needs = "MOOO"
)

// The options of two choices.
const (
	Original       = "original"
	Repurposed     = "repurposed"
	Reused         = "re-used"
	Remanufactured = "remanufactured"
	Waste          = "waste"
)

// Ids that rules and other rooms speak of.
const (
	PassportID      = "battery_passport_id"
	BatteryID       = "battery_id"
	BatteryCategory = "battery_category"
	BatteryStatus   = "battery_status"
	ServiceDate     = "service_date"

	Chemistry          = "battery_chemistry"
	FootprintPerKWh    = "carbon_footprint"
	AbsoluteFootprint  = "absolute_carbon_footprint"
	CertifiedEnergy    = "certified_usable_energy"
	RemainingEnergy    = "remaining_usable_energy"
	SOCE               = "state_of_certified_energy"
	StateOfCharge      = "state_of_charge"
	FullCycles         = "full_cycles"
	EnergyThroughput   = "energy_throughput"
	BatteryTemperature = "temperature"
)

func identity() []Attribute {
	const c = Identity
	return []Attribute{
		{PassportID, "6.1.2.1", "Battery passport identifier", c, "77(3)", of(Link), every, Public, static, Item, Factory, general + "batteryPassportIdentifier", "", sure, "the unique identifier, as the link that the QR code carries"},
		{BatteryID, "6.1.2.2", "Battery identifier", c, "VI A(2), 38(6)", of(Text), every, Public, static, Item, Supplier, general + "productIdentifier", "", unsure, "one public summary of the SPEC prints another name and legitimate interest; Annex VI A(2) makes the identification public"},
		{"operator", "6.1.2.3", "Operator identifier and information", c, "77(4), 38(7)", of(Parties), every, Shared, static, Model, Factory, general + "operatorInformation", "", unsure, "a public summary of the SPEC gives it to persons with a legitimate interest"},
		{"manufacturer", "6.1.2.4", "Manufacturer identifier and information", c, "VI A(1)", of(Parties), every, Public, static, Model, Supplier, general + "manufacturerInformation", "", sure, ""},
		{"manufacturing_place", "6.1.3.1", "Manufacturing place", c, "VI A(3)", of(Text), every, Public, static, Lot, Supplier, general + "manufacturingPlace", "", sure, ""},
		{"manufacturing_date", "6.1.3.2", "Manufacturing date", c, "VI A(4)", of(Month), every, Public, static, Item, Supplier, general + "manufacturingDate", "", sure, "month and year"},
		{ServiceDate, "6.1.3.3", "Date of putting the battery into service", c, "VII B(1)", of(Date), some, Shared, static, Item, Factory, general + "puttingIntoService", "", unsure, "owed where appropriate; a public summary of the SPEC prints another name for this clause"},
		{"warranty_period", "6.1.3.4", "Warranty period of the battery", c, "XIII 1(m)", whole("month", 0, 600), some, Public, static, Model, Factory, general + "warrentyPeriod", "", unsure, "owed where there is a commercial warranty of calendar life; printed as months in the data model, as an end date in a summary of the SPEC"},
		{BatteryCategory, "6.1.3.5", "Battery category", c, "VI A(2)", choice(string(EV), string(LMT), string(Industrial), string(Stationary)), every, Public, static, Model, Factory, general + "batteryCategory", "", sure, ""},
		{"battery_mass", "6.1.3.6", "Battery mass", c, "VI A(5)", number("kg", 0.001, 1e6), every, Public, static, Model, Supplier, general + "batteryMass", "", sure, ""},
		{BatteryStatus, "6.1.3.7", "Battery status", c, "XIII 4(c)", choice(Original, Repurposed, Reused, Remanufactured, Waste), every, Individual, dynamic, Item, Factory, general + "batteryStatus", "", unsure, "a public summary of the SPEC makes it public; Annex XIII 4 gives it to persons with a legitimate interest, and the narrower of the two is kept"},
	}
}

func labels() []Attribute {
	const c, near = Labels, labelling + "labels"
	return []Attribute{
		{"separate_collection_symbol", "6.2.2", "Separate collection symbol", c, "XIII 1(q), 13(4)", of(Link), every, Public, static, Model, Factory, "", near, sure, "link to the graphic"},
		{"cadmium_lead_symbols", "6.2.3", "Symbols for cadmium and lead", c, "13(5)", of(Link), some, Public, static, Model, Factory, "", near, sure, "owed above 0.002 % cadmium or 0.004 % lead"},
		{"carbon_footprint_label", "6.2.4", "Carbon footprint label", c, "7(2)", of(Link), every, Public, static, Lot, Supplier, "", near, unsure, "the acts on the label's form were not found in the public record: when it is due is uncertain"},
		{"extinguishing_agent", "6.2.5", "Extinguishing agent", c, "VI A(9)", of(Texts), every, Public, static, Model, Supplier, circular + "extinguishingAgent", "", sure, ""},
		{"label_meaning", "6.2.6", "Meaning of labels and symbols", c, "74(1)(e)", of(Text), every, Public, static, Model, Factory, labelling + "labelingMeaning", "", sure, ""},
		{"declaration_of_conformity", "6.2.7", "EU declaration of conformity", c, "XIII 1(r), 18", of(Link), every, Public, static, Model, Factory, labelling + "declarationOfConformity", "", sure, ""},
		{"test_reports", "6.2.8", "Results of test reports proving compliance", c, "XIII 3", of(Link), every, Control, static, Model, Supplier, labelling + "resultOfTestReport", "", unsure, "a public summary of the SPEC adds persons with a legitimate interest; Annex XIII 3 and Art. 77(2)(b) do not"},
	}
}

func carbon() []Attribute {
	const c, near = Carbon, footprint + "carbonFootprintPerLifecycleStage"
	perKWh := number("kg CO2e/kWh", -1000, 10000) // of the energy provided over the service life; recycling may bring a credit
	return []Attribute{
		{FootprintPerKWh, "6.3.2", "Battery carbon footprint per functional unit", c, "XIII 1(c), 7(1)(d)", number("kg CO2e/kWh", 0, 10000), every, Public, static, Lot, Supplier, footprint + "batteryCarbonFootprint", "", sure, "per kWh of the total energy provided over the expected service life"},
		{"carbon_footprint_raw_materials", "6.3.3", "Contribution of raw material acquisition and pre-processing", c, "XIII 1(c), 7(1)(e)", perKWh, every, Public, static, Lot, Supplier, "", near, sure, ""},
		{"carbon_footprint_production", "6.3.4", "Contribution of main product production", c, "XIII 1(c), 7(1)(e)", perKWh, every, Public, static, Lot, Supplier, "", near, sure, ""},
		{"carbon_footprint_distribution", "6.3.5", "Contribution of distribution", c, "XIII 1(c), 7(1)(e)", perKWh, every, Public, static, Lot, Supplier, "", near, sure, ""},
		{"carbon_footprint_end_of_life", "6.3.6", "Contribution of end of life and recycling", c, "XIII 1(c), 7(1)(e)", perKWh, every, Public, static, Lot, Supplier, "", near, sure, ""},
		{"carbon_footprint_class", "6.3.7", "Carbon footprint performance class", c, "XIII 1(c), 7(2)", of(Text), every, Public, static, Lot, Supplier, footprint + "carbonFootprintPerformanceClass", "", unsure, "the act that lays the classes down was not found in the public record: when it is due is uncertain"},
		{"carbon_footprint_study", "6.3.8", "Web link to public carbon footprint study", c, "XIII 1(c), 7(1)(g)", of(Link), every, Public, static, Lot, Supplier, footprint + "carbonFootprintStudy", "", sure, ""},
		{"carbon_footprint_subject", "6.3.9", "General battery and manufacturer information of the declaration", c, "XIII 1(c), 7(1)(a)-(c)", of(Text), every, Public, static, Lot, Supplier, "", "", sure, "made of clusters 6.1 and 6.2 where it is not recorded"},
		{AbsoluteFootprint, "6.3.10", "Absolute battery carbon footprint", c, "", number("t CO2e", 0, 1e6), none, Public, static, Lot, Supplier, "", footprint + "absoluteCarbonFootprint", unsure, "tonnes in a summary of the SPEC, kilograms in the data model"},
	}
}

func diligence() []Attribute {
	const c = Diligence
	return []Attribute{
		{"due_diligence_report", "6.4.2", "Information of the due diligence report", c, "XIII 1(d), 52(3)", of(Link), every, Public, static, Model, Factory, sourcing + "supplyChainDueDiligenceReport", "", sure, ""},
		{"third_party_assurances", "6.4.3", "Third-party assurances of recognised schemes", c, "", of(Texts), none, Public, static, Model, Supplier, sourcing + "thirdPartyAussurances", "", sure, ""},
		{"supply_chain_indices", "6.4.4", "Supply chain indices", c, "", number("", -1e9, 1e9), none, Public, static, Model, Supplier, sourcing + "supplyChainIndicies", "", sure, "no index is settled in the public record: say which one in the definition"},
	}
}

func materials() []Attribute {
	const c = Materials
	return []Attribute{
		{Chemistry, "6.5.2", "Battery chemistry", c, "XIII 1(b), VI A(7)", of(Text), every, Public, static, Model, Supplier, material + "batteryChemistry", "", sure, ""},
		{"critical_raw_materials", "6.5.3", "Critical raw materials", c, "XIII 1(b), VI A(10)", of(Substances), every, Public, static, Model, Supplier, "", material + "batteryMaterials", sure, "above 0.1 % by mass"},
		{"electrode_materials", "6.5.4", "Materials used in cathode, anode and electrolyte", c, "XIII 2(a)", of(Substances), every, Shared, static, Model, Supplier, material + "batteryMaterials", "", sure, ""},
		{"hazardous_substances", "6.5.5", "Hazardous substances", c, "XIII 1(b), VI A(8)", of(Substances), every, Public, static, Model, Supplier, material + "hazardousSubstances", "", sure, "other than mercury, cadmium or lead"},
		{"substance_impact", "6.5.6", "Impact of substances on environment, human health and safety", c, "XIII 1(s), 74(1)(f)", of(Text), every, Public, static, Model, Factory, material + "hazardousSubstanceImpact", "", sure, ""},
	}
}

func circularity() []Attribute {
	const c, spare, content, end = Circularity, circular + "sparePartSources", circular + "recycledContent", circular + "endOfLifeInformation"
	const count = "the public record lists these clauses; that they are counted as 4 + 9 + 3 attributes follows from the total of 16"
	const metal = "owed where the metal is in the active materials (Art. 8(1)); per model, year and plant"
	share := number("%", 0, 100)
	out := []Attribute{
		{"dismantling_manuals", "6.6.1.2", "Manuals for the removal and the disassembly of the battery pack", c, "XIII 2(c)", of(Texts), every, Shared, static, Model, Supplier, circular + "dismantlingAndRemovalInformation", "", sure, "exploded diagrams, sequences, fastenings, tools, warnings, number and layout of cells"},
		{"component_part_numbers", "6.6.1.3", "Part numbers for components", c, "XIII 2(b)", of(Texts), every, Shared, static, Model, Supplier, circular + "components", "", sure, ""},
		{"spare_part_sources", "6.6.1.4", "Postal, e-mail and web address of sources for spare parts", c, "XIII 2(b)", of(Parties), every, Shared, static, Model, Supplier, spare, "", unsure, count},
		{"safety_measures", "6.6.1.5", "Safety measures", c, "XIII 2(d)", of(Link), every, Shared, static, Model, Supplier, circular + "safetyMeasures", "", sure, ""},
	}
	for i, waste := range []string{"pre_consumer", "post_consumer"} {
		for j, m := range []string{"nickel", "cobalt", "lithium", "lead"} {
			need, note := some, metal
			if m == "lithium" {
				need, note = every, "per model, year and plant"
			}
			out = append(out, Attribute{waste + "_" + m, "6.6.2." + []string{"3", "4", "5", "6", "7", "8", "9", "10"}[4*i+j],
				[]string{"Pre-consumer", "Post-consumer"}[i] + " recycled " + m + " share", c, "XIII 1(e), 8(1)", share, need, Public, static, Lot, Supplier,
				"", content, sure, note})
		}
	}
	return append(out, []Attribute{
		{"renewable_content", "6.6.2.11", "Renewable content share", c, "XIII 1(f)", share, every, Public, static, Lot, Supplier, circular + "renewableContent", "", sure, ""},
		{"waste_prevention", "6.6.3.2", "Role of end-users in contributing to waste prevention", c, "XIII 1(s), 74(1)(a)", of(Link), every, Public, static, Model, Factory, circular + "wastePrevention", "", sure, ""},
		{"separate_collection", "6.6.3.3", "Role of end-users in contributing to separate collection", c, "XIII 1(s), 74(1)(b)", of(Link), every, Public, static, Model, Factory, circular + "separateCollection", "", sure, ""},
		{"collection_and_second_life", "6.6.3.4", "Collection, preparation for second life and treatment at end of life", c, "XIII 1(s), 74(1)(c)", of(Link), every, Public, static, Model, Factory, circular + "informationOnCollection", end, sure, ""},
	}...)
}
