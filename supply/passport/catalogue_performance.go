package passport

// performance is clause 6.7. Fades may be slightly below zero and the state of certified energy slightly above 100 %: a new
// battery may measure better than it is rated or certified.
func performance() []Attribute {
	const c = Performance
	const annexVIIB = "Annex VII B names it for LMT and stationary batteries; whether the passport owes it beside Annex XIII 4(d) is read differently"
	fade, pc, minutes := number("%", -20, 100), number("%", 0, 100), number("min", 0, 1e9)
	volts, celsius := number("V", 0, 10000), number("°C", -100, 200)
	return []Attribute{
		// 6.7.2 capacity, energy, voltage
		{"rated_capacity", "6.7.2.2", "Rated capacity", c, "XIII 1(g), VI A(6), IV A(1)", number("Ah", 0.001, 1e6), every, Public, static, Model, Supplier, perform + "ratedCapacity", "", sure, ""},
		{"remaining_capacity", "6.7.2.3", "Remaining capacity", c, "XIII 4(b), VII A", number("Ah", 0, 1e6), partA, Individual, dynamic, Item, Telemetry, perform + "remainingCapacity", "", sure, ""},
		{"capacity_fade", "6.7.2.4", "Capacity fade", c, "XIII 4(a), IV A(1)", fade, every, Individual, dynamic, Item, Telemetry, perform + "capacityFade", "", sure, ""},
		{CertifiedEnergy, "6.7.2.5", "Certified usable battery energy", c, "XIII 4(b), VII A", number("kWh", 0.001, 1e6), certified, Shared, static, Model, Factory, perform + "ratedEnergy", "", sure, "as determined by UN GTR 22 when the vehicle is certified"},
		{RemainingEnergy, "6.7.2.6", "Remaining usable battery energy", c, "", number("kWh", 0, 1e6), none, Individual, dynamic, Item, Telemetry, perform + "remainingEnergy", "", sure, "UN GTR 22"},
		{SOCE, "6.7.2.7", "State of certified energy (SOCE)", c, "XIII 4(b), VII A", number("%", 0, 110), onlyEV, Individual, dynamic, Item, Telemetry, perform + "stateOfCertifiedEnergy", "", sure, "remaining over certified usable energy (UN GTR 22)"},
		{StateOfCharge, "6.7.2.8", "State of charge (SoC)", c, "XIII 4(d)", pc, every, Individual, dynamic, Item, Telemetry, perform + "stateOfCharge", "", sure, ""},
		{"minimum_voltage", "6.7.2.9", "Minimum voltage", c, "XIII 1(h)", volts, every, Public, static, Model, Supplier, perform + "minimumVoltage", "", sure, ""},
		{"maximum_voltage", "6.7.2.10", "Maximum voltage", c, "XIII 1(h)", volts, every, Public, static, Model, Supplier, perform + "maximumVoltage", "", sure, ""},
		{"nominal_voltage", "6.7.2.11", "Nominal voltage", c, "XIII 1(h)", volts, every, Public, static, Model, Supplier, perform + "nominalVoltage", "", sure, ""},

		// 6.7.3 power
		{"original_power", "6.7.3.2", "Original power capability", c, "XIII 1(i), IV A(2)", whole("W", 0, 1e9), every, Public, static, Model, Supplier, perform + "originalPowerCapability", "", sure, ""},
		{"remaining_power", "6.7.3.3", "Remaining power capability", c, "XIII 4(b), VII A", whole("W", 0, 1e9), partAMay, Individual, dynamic, Item, Telemetry, perform + "remainingPowerCapability", "", sure, ""},
		{"power_fade", "6.7.3.4", "Power fade", c, "XIII 4(a), IV A(2)", fade, every, Individual, dynamic, Item, Telemetry, perform + "powerFade", "", sure, ""},
		{"maximum_power", "6.7.3.5", "Maximum permitted battery power", c, "XIII 1(i)", whole("W", 0, 1e9), every, Public, static, Model, Supplier, perform + "ratedMaximumPower", "", sure, ""},
		{"power_energy_ratio", "6.7.3.6", "Ratio between nominal battery power and battery energy", c, "IV B(2)", number("W/Wh", 0, 1000), none, Shared, static, Model, Supplier, perform + "powerCapabilityRatio", "", sure, ""},

		// 6.7.4 round trip efficiency, self-discharge
		{"initial_efficiency", "6.7.4.2", "Initial round trip energy efficiency", c, "XIII 1(n), IV A(4)", pc, cycled, Public, static, Model, Supplier, perform + "roundtripEfficiency", "", sure, ""},
		{"efficiency_at_half_life", "6.7.4.3", "Round trip energy efficiency at 50 % of cycle-life", c, "XIII 1(n)", pc, cycled, Public, static, Model, Supplier, perform + "roundTripEfficiencyat50PerCentCycleLife", "", sure, ""},
		{"remaining_efficiency", "6.7.4.4", "Remaining round trip energy efficiency", c, "XIII 4(b), VII A", pc, partAMay, Individual, dynamic, Item, Telemetry, perform + "remainingRoundTripEnergyEfficiency", "", sure, ""},
		{"efficiency_fade", "6.7.4.5", "Energy round trip efficiency fade", c, "XIII 4(a), IV A(4)", fade, cycled, Individual, dynamic, Item, Telemetry, perform + "roundTripEfficiencyFade", "", sure, ""},
		{"initial_self_discharge", "6.7.4.6", "Initial self-discharge rate", c, "", number("%/month", 0, 100), none, Shared, static, Model, Supplier, perform + "initialSelfDischarge", "", unsure, "needed for the evolution of Annex VII A; whether it is owed by itself is not clear from the public record"},
		{"current_self_discharge", "6.7.4.7", "Current self-discharge rate", c, "", number("%/month", 0, 100), none, Individual, dynamic, Item, Telemetry, perform + "currentSelfDischargingRate", "", sure, ""},
		{"self_discharge_evolution", "6.7.4.8", "Evolution of self-discharge rates", c, "XIII 4(b), VII A", number("%", -100, 100000), partA, Individual, dynamic, Item, Telemetry, perform + "evolutionOfSelfDischarge", "", sure, ""},

		// 6.7.5 resistance
		{"initial_resistance", "6.7.5.2", "Initial internal resistance of battery cell and pack", c, "XIII 1(o), IV A(3)", Form{Kind: PerPart, Unit: "Ω", Min: 0, Max: 1e6}, every, Public, static, Model, Supplier, perform + "initialInternalResistance", "", sure, "of the module recommended"},
		{"resistance_increase", "6.7.5.3", "Internal resistance increase of pack", c, "XIII 4(a), IV A(3)", Form{Kind: PerPart, Unit: "%", Min: -50, Max: 10000}, every, Individual, dynamic, Item, Telemetry, perform + "internalResistanceIncrease", "", sure, "of cell and module recommended"},

		// 6.7.6 lifetime
		{"expected_years", "6.7.6.2", "Expected lifetime in calendar years", c, "XIII 4(a), IV A(5)", number("year", 0, 100), every, Shared, static, Model, Supplier, perform + "expectedLifetime", "", sure, ""},
		{"expected_cycles", "6.7.6.3", "Expected lifetime in charge-discharge cycles", c, "XIII 1(j), IV A(5)", whole("cycle", 0, 1e6), cycled, Public, static, Model, Supplier, perform + "expectedNumberOfCycles", "", sure, ""},
		{FullCycles, "6.7.6.4", "Number of full charging and discharging cycles", c, "XIII 4(d), VII B(5)", number("cycle", 0, 1e6), every, Individual, dynamic, Item, Telemetry, perform + "numberOfFullCycles", "", sure, "full equivalent cycles, kept with their fraction"},
		{"cycle_life_test", "6.7.6.5", "Cycle-life reference test", c, "XIII 1(j)", of(Text), cycled, Public, static, Model, Supplier, perform + "lifetimeReferenceTest", "", sure, ""},
		{"cycle_life_c_rate", "6.7.6.6", "C-rate of relevant cycle-life test", c, "XIII 1(p)", number("A/Ah", 0, 1000), cycled, Public, static, Model, Supplier, perform + "cRateLifeCycleTest", "", sure, ""},
		{EnergyThroughput, "6.7.6.7", "Energy throughput", c, "VII B(2)", number("kWh", 0, 1e9), partB, Individual, dynamic, Item, Telemetry, perform + "energyThroughput", "", unsure, annexVIIB},
		{"capacity_throughput", "6.7.6.8", "Capacity throughput", c, "VII B(3)", number("Ah", 0, 1e12), partB, Individual, dynamic, Item, Telemetry, perform + "capacityThroughput", "", unsure, annexVIIB},
		{"exhaustion_threshold", "6.7.6.9", "Capacity threshold for exhaustion", c, "XIII 1(k)", pc, onlyEV, Public, static, Model, Factory, perform + "capacityThresholdForExhaustion", "", sure, "only of electric vehicle batteries"},

		// 6.7.7 temperature
		{BatteryTemperature, "6.7.7.2", "Temperature information", c, "XIII 4(d)", celsius, every, Individual, dynamic, Item, Telemetry, "", condition + "temperatureInformation", unsure, "periodically recorded operating conditions; here the mean temperature of the cells with its instant"},
		{"idle_temperature_low", "6.7.7.3", "Temperature range idle state, lower boundary", c, "XIII 1(l)", celsius, every, Public, static, Model, Supplier, technical + "temperatureRangeIdleStateLowerBoundary", "", sure, ""},
		{"idle_temperature_high", "6.7.7.4", "Temperature range idle state, upper boundary", c, "XIII 1(l)", celsius, every, Public, static, Model, Supplier, technical + "temperatureRangeIdleStateUpperBoundary", "", sure, ""},
		{"time_above_boundary", "6.7.7.5", "Time spent in extreme temperatures above boundary", c, "VII B(4)", minutes, partB, Individual, dynamic, Item, Telemetry, perform + "timeExtremeHighTemp", "", unsure, annexVIIB},
		{"time_below_boundary", "6.7.7.6", "Time spent in extreme temperatures below boundary", c, "VII B(4)", minutes, partB, Individual, dynamic, Item, Telemetry, perform + "timeExtremeLowTemp", "", unsure, annexVIIB},
		{"charging_above_boundary", "6.7.7.7", "Time spent charging during extreme temperatures above boundary", c, "VII B(4)", minutes, partB, Individual, dynamic, Item, Telemetry, perform + "timeExtremeHighTempCharging", "", unsure, annexVIIB},
		{"charging_below_boundary", "6.7.7.8", "Time spent charging during extreme temperatures below boundary", c, "VII B(4)", minutes, partB, Individual, dynamic, Item, Telemetry, perform + "timeExtremeLowTempCharging", "", unsure, annexVIIB},

		// 6.7.8 negative events
		{"deep_discharges", "6.7.8.2", "Number of deep discharge events", c, "VII B(4)", whole("", 0, 1e9), partB, Individual, dynamic, Item, Telemetry, "", perform + "negativeEvents", unsure, annexVIIB},
		{"overcharges", "6.7.8.3", "Number of overcharge events", c, "", whole("", 0, 1e9), none, Individual, dynamic, Item, Telemetry, "", perform + "negativeEvents", sure, ""},
		{"accidents", "6.7.8.4", "Information on accidents", c, "XIII 4(d)", of(Text), every, Individual, dynamic, Item, Telemetry, condition + "informationOnAccidents", "", sure, "text, or the address of a document; that none is known is a statement with a source too"},
	}
}
