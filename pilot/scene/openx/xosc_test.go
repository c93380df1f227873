package openx_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"roadbook/pilot/motion"
	"roadbook/pilot/scene/openx"
)

// A small scenario to break or to watch: an ego, another car 50 m ahead, and one place for each of the parts.
const (
	vehicles = `<OpenSCENARIO><FileHeader revMajor="1" revMinor="1"/><Catalog name="v"><Vehicle name="car" vehicleCategory="car"><BoundingBox><Center x="1.5" y="0" z="0"/><Dimensions width="2" length="5" height="2"/></BoundingBox>` +
		`<Performance maxSpeed="60" maxDeceleration="8" maxAcceleration="4"/><Axles><FrontAxle positionX="3"/><RearAxle/></Axles></Vehicle><Controller name="alks"/></Catalog></OpenSCENARIO>`
	roadFile = `<OpenDRIVE><header/><road id="0" junction="-1" length="2000"><planView><geometry s="0" x="0" y="0" hdg="0" length="2000"><line/></geometry></planView><lanes><laneSection s="0">` +
		`<right><lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane><lane id="-2" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right></laneSection></lanes></road></OpenDRIVE>`
	other = `<Private entityRef="Other"><PrivateAction><TeleportAction><Position><LanePosition roadId="0" laneId="-1" s="60"/></Position></TeleportAction></PrivateAction>` +
		`<PrivateAction><LongitudinalAction><SpeedAction><SpeedActionDynamics dynamicsShape="step" dynamicsDimension="time" value="0"/><SpeedActionTarget><AbsoluteTargetSpeed value="10"/></SpeedActionTarget></SpeedAction></LongitudinalAction></PrivateAction></Private>`
	stopAt = `<StopTrigger><ConditionGroup><Condition name="end" delay="0" conditionEdge="rising"><ByValueCondition><SimulationTimeCondition value="20" rule="greaterOrEqual"/></ByValueCondition></Condition></ConditionGroup></StopTrigger>`
)

// scenario puts parts into a scenario: parameters, more of Init, events of the other car, the StopTrigger.
func scenario(params, init, events, stop string) string {
	return `<OpenSCENARIO><FileHeader revMajor="1" revMinor="1"/><ParameterDeclarations>` + params + `</ParameterDeclarations>` +
		`<CatalogLocations><VehicleCatalog><Directory path="./c"/></VehicleCatalog><ControllerCatalog><Directory path="./c"/></ControllerCatalog></CatalogLocations><RoadNetwork><LogicFile filepath="./r.xodr"/></RoadNetwork>` +
		`<Entities><ScenarioObject name="Ego"><CatalogReference catalogName="v" entryName="car"/><ObjectController><CatalogReference catalogName="v" entryName="alks"/></ObjectController></ScenarioObject>` +
		`<ScenarioObject name="Other"><CatalogReference catalogName="v" entryName="car"/></ScenarioObject></Entities>` +
		`<Storyboard><Init><Actions><Private entityRef="Ego"><PrivateAction><TeleportAction><Position><LanePosition roadId="0" laneId="-1" s="10"/></Position></TeleportAction></PrivateAction></Private>` +
		other + init + `</Actions></Init>` +
		`<Story name="s"><Act name="a"><ManeuverGroup name="g" maximumExecutionCount="1"><Actors selectTriggeringEntities="false"><EntityRef entityRef="Other"/></Actors><Maneuver name="m">` + events + `</Maneuver></ManeuverGroup>` +
		`<StartTrigger><ConditionGroup><Condition name="go" delay="0" conditionEdge="none"><ByValueCondition><SimulationTimeCondition value="0" rule="greaterOrEqual"/></ByValueCondition></Condition></ConditionGroup></StartTrigger></Act></Story>` +
		stop + `</Storyboard></OpenSCENARIO>`
}

func event(name, action, condition string) string {
	return fmt.Sprintf(`<Event name="%sEvent" priority="overwrite"><Action name="%s"><PrivateAction>%s</PrivateAction></Action><StartTrigger><ConditionGroup>%s</ConditionGroup></StartTrigger></Event>`, name, name, action, condition)
}

func speed(rate, to float64) string {
	return fmt.Sprintf(`<LongitudinalAction><SpeedAction><SpeedActionDynamics dynamicsShape="linear" dynamicsDimension="rate" value="%g"/><SpeedActionTarget><AbsoluteTargetSpeed value="%g"/></SpeedActionTarget></SpeedAction></LongitudinalAction>`, rate, to)
}

func at(edge string, delay, s float64) string {
	return fmt.Sprintf(`<Condition name="c" delay="%g" conditionEdge="%s"><ByValueCondition><SimulationTimeCondition value="%g" rule="greaterOrEqual"/></ByValueCondition></Condition>`, delay, edge, s)
}

func after(edge string, delay float64, action, state string) string {
	return fmt.Sprintf(`<Condition name="c" delay="%g" conditionEdge="%s"><ByValueCondition><StoryboardElementStateCondition storyboardElementType="action" storyboardElementRef="%s" state="%s"/></ByValueCondition></Condition>`, delay, edge, action, state)
}

func load(text string, given ...openx.Assignment) (*openx.Scenario, error) {
	files := fstest.MapFS{"s.xosc": {Data: []byte(text)}, "r.xodr": {Data: []byte(roadFile)}, "c/v.xosc": {Data: []byte(vehicles)}}
	return openx.NewLibrary(files, nil).Load("s.xosc", given)
}

// speeds plays a scenario and returns the other car's speed at every tick.
func speeds(t *testing.T, events string) []float64 {
	t.Helper()
	s, err := load(scenario("", "", events, stopAt))
	if err != nil {
		t.Fatal(err)
	}
	var e openx.Engine
	e.Reset(s)
	var out []float64
	for e.Trigger(); !e.Ended; e.Trigger() {
		out = append(out, e.States[1].V)
		e.Move()
	}
	if e.Now != 20*motion.Second {
		t.Errorf("ended at tick %d, want 2000", e.Now)
	}
	return out
}

func TestSpeedActions(t *testing.T) {
	for _, c := range []struct {
		name, events string
		want         map[int]float64 // by tick
	}{
		{"a ramp begins in the tick of its trigger", event("A", speed(2, 4), at("rising", 0, 1)), map[int]float64{100: 10, 101: 9.98, 200: 8, 400: 4, 1999: 4}},
		{"a negative rate means the same", event("A", speed(-2, 4), at("rising", 0, 1)), map[int]float64{200: 8, 400: 4}},
		{"the catalogue bounds the rate", event("A", speed(20, 4), at("rising", 0, 1)), map[int]float64{150: 6, 175: 4}},
		{"and the speed", event("A", speed(4, 100), at("rising", 0, 1)), map[int]float64{1350: 60, 1999: 60}},
		{"a rate of 0 changes nothing", event("A", speed(0, 4), at("rising", 0, 1)), map[int]float64{1999: 10}},
		{"a delay shifts the start", event("A", speed(2, 4), at("rising", 2.5, 1)), map[int]float64{350: 10, 351: 9.98}},
		{"an edge that was never crossed does not fire", event("A", speed(2, 4), strings.Replace(at("rising", 0, 1), "greaterOrEqual", "lessThan", 1)), map[int]float64{1999: 10}},
		{"without an edge it does", event("A", speed(2, 4), strings.Replace(at("none", 0, 1), "greaterOrEqual", "lessThan", 1)), map[int]float64{1: 9.98}},
		{"one action follows the end of another", event("A", speed(2, 4), at("rising", 0, 1)) + event("B", speed(1, 9), after("rising", 3, "A", "endTransition")),
			map[int]float64{400: 4, 700: 4, 701: 4.01, 1200: 9}},
		{"the later event overwrites", event("A", speed(2, 4), at("rising", 0, 1)) + event("B", speed(1, 20), at("rising", 0, 2)), map[int]float64{200: 8, 300: 9, 1400: 20}},
		{"an overwritten action is complete", event("A", speed(2, 4), at("rising", 0, 1)) + event("B", speed(1, 20), at("rising", 0, 2)) + event("C", speed(3, 0), after("rising", 1, "A", "completeState")),
			map[int]float64{300: 9, 301: 9.01, 302: 8.98}},
		{"an action that has nothing to do ends too", event("A", speed(2, 10), at("rising", 0, 1)) + event("B", speed(1, 0), after("rising", 0, "A", "endTransition")), map[int]float64{101: 10, 102: 9.99}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := speeds(t, c.events)
			for k, want := range c.want {
				if got := v[k]; got < want-1e-9 || got > want+1e-9 {
					t.Errorf("tick %d: %g m/s, want %g", k, got, want)
				}
			}
		})
	}
}

// TestRefusals breaks the scenario in one place each; the error must name the thing and the line.
func TestRefusals(t *testing.T) {
	good := scenario("", "", event("A", speed(2, 4), at("rising", 0, 1)), stopAt)
	if _, err := load(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, says string }{
		{`<Story name="s">`, `<Story name="s"><ParameterDeclarations/>`, "<ParameterDeclarations>"},
		{`<Story name="s">`, `<Story name="s" mood="bad">`, "attribute mood of <Story>"},
		{`priority="overwrite"`, `priority="parallel"`, "parallel"},
		{`dynamicsShape="linear"`, `dynamicsShape="cubic"`, "cubic"},
		{`maximumExecutionCount="1"`, `maximumExecutionCount="2"`, "maximumExecutionCount"},
		{`<Actors selectTriggeringEntities="false"><EntityRef entityRef="Other"/>`, `<Actors selectTriggeringEntities="false"><EntityRef entityRef="Nobody"/>`, "Nobody"},
		{`laneId="-1" s="60"`, `laneId="-7" s="60"`, "lane -7"},
		{`laneId="-1" s="60"`, `laneId="-1" s="6000"`, "6000"},
		{`laneId="-1" s="60"`, `laneId="-1" s="$Far"`, "$Far"},
		{`laneId="-1" s="60"`, `laneId="-1" s="${1 +}"`, "expected a number"},
		{`laneId="-1" s="60"`, `laneId="-1" s="${1 / 0}"`, "finite"},
		{`laneId="-1" s="60"`, `laneId="-1" s="${sin(1)}"`, "sin"},
		{`laneId="-1" s="60"`, `laneId="-1" s="far"`, "far"},
		{`entryName="alks"`, `entryName="driver"`, "driver"},
		{`entryName="car"/><ObjectController>`, `entryName="car"><ParameterAssignments><ParameterAssignment parameterRef="x" value="1"/></ParameterAssignments></CatalogReference><ObjectController>`, `"x"`},
		{`filepath="./r.xodr"`, `filepath="../r.xodr"`, "leads out of the folder"},
		{`filepath="./r.xodr"`, `filepath="/etc/passwd"`, "passwd"},
		{`path="./c"`, `path="../../c"`, "leads out of the folder"},
		{`revMinor="1"`, `revMinor="3"`, "revMinor"},
		{`conditionEdge="rising"`, `conditionEdge="falling"`, "falling"},
		{`</Storyboard>`, `<Story name="t"/></Storyboard> text`, "text"},
		{`<OpenSCENARIO>`, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><OpenSCENARIO>`, "DTD"},
		{`name="Other"><Cat`, `name="&e;"><Cat`, "entity"},
		{`<OpenSCENARIO>`, `<OpenSCENARIO xmlns="urn:x">`, "namespace"},
		{`value="10"`, `value="1000"`, "1000"},
		{`<Storyboard>`, strings.Repeat("<Deep>", 70) + strings.Repeat("</Deep>", 70) + `<Storyboard>`, "deeper"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Fatalf("%q is not in the scenario", c.old)
		}
		_, err := load(text)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want a refusal with %q", c.new, err, c.says)
		}
		if err != nil && !strings.Contains(c.says, "folder") && !strings.Contains(err.Error(), ".xosc:1") && !strings.Contains(err.Error(), "passwd") {
			t.Errorf("%q: %v names no line", c.new, err)
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	text := strings.Replace(scenario("", "", "", stopAt), "<Storyboard>", "\n\n<Storyboard when=\"now\">", 1)
	if _, err := load(text); err == nil || !strings.Contains(err.Error(), "s.xosc:3") {
		t.Errorf("%v, want line 3", err)
	}
}

func TestConstraints(t *testing.T) {
	params := `<ParameterDeclaration name="V" parameterType="double" value="10"><ConstraintGroup><ValueConstraint rule="greaterThan" value="5"/><ValueConstraint rule="lessThan" value="${2 * $W}"/></ConstraintGroup>` +
		`<ConstraintGroup><ValueConstraint rule="equalTo" value="1"/></ConstraintGroup></ParameterDeclaration><ParameterDeclaration name="W" parameterType="integer" value="10"/>`
	for _, c := range []struct {
		v, w string
		ok   bool
	}{{"10", "10", true}, {"5", "10", false}, {"20", "10", false}, {"20", "11", true}, {"1", "0", true}, {"1.0", "0", true}} {
		_, err := load(scenario(params, "", "", stopAt), openx.Assignment{Name: "V", Value: c.v}, openx.Assignment{Name: "W", Value: c.w})
		_, broken := err.(*openx.Violation)
		if broken == c.ok || err != nil && !broken {
			t.Errorf("V = %s, W = %s: %v, want kept %v", c.v, c.w, err, c.ok)
		}
	}
	if _, err := load(scenario(params, "", "", stopAt), openx.Assignment{Name: "W", Value: "1.5"}); err == nil || !strings.Contains(err.Error(), "integer") {
		t.Errorf("%v, want a refusal of 1.5 as an integer", err)
	}
}

func TestExpressions(t *testing.T) {
	params := `<ParameterDeclaration name="A" parameterType="double" value="3"/><ParameterDeclaration name="S" parameterType="double" value="%s"/>`
	for text, want := range map[string]string{
		"${1 + 2 * 3}": "7", "${(1 + 2) * 3}": "9", "${-2 - -3}": "1", "${sqrt(16) / 2}": "2", "${ 1e1 * 2 }": "20", "${8 / 2 / 2}": "2", "$S": "", "${-(1)}": "-1",
	} {
		s, err := load(scenario(fmt.Sprintf(params, text), "", "", stopAt))
		if want == "" {
			if err == nil {
				t.Errorf("%s: a parameter that refers to itself was read", text)
			}
			continue
		}
		if err != nil || s.Params[1].Value != want {
			t.Errorf("%s: %v, %v, want %s", text, s, err, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(scenario("", "", event("A", speed(2, 4), at("rising", 0, 1)), stopAt)))
	f.Add([]byte(scenario(`<ParameterDeclaration name="V" parameterType="double" value="${sqrt(2)}"><ConstraintGroup><ValueConstraint rule="lessThan" value="$V"/></ConstraintGroup></ParameterDeclaration>`, "", "", stopAt)))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := load(string(b))
		if err != nil {
			return
		}
		var e openx.Engine
		e.Reset(s)
		for e.Trigger(); !e.Ended && e.Now < 500; e.Trigger() {
			e.Move()
		}
	})
}

func FuzzVariation(f *testing.F) {
	f.Add([]byte(`<OpenSCENARIO><FileHeader revMajor="1" revMinor="1"/><ParameterValueDistribution><ScenarioFile filepath="s.xosc"/><Deterministic><DeterministicSingleParameterDistribution parameterName="A">` +
		`<DistributionRange stepWidth="0.1"><Range lowerLimit="0" upperLimit="1"/></DistributionRange></DeterministicSingleParameterDistribution></Deterministic></ParameterValueDistribution></OpenSCENARIO>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := openx.NewLibrary(fstest.MapFS{"v.xosc": {Data: b}}, nil).Variation("v.xosc")
		if err != nil {
			return
		}
		if v.Cases < 1 || v.Cases > openx.MaxCases {
			t.Errorf("%d cases", v.Cases)
		}
		v.Case(v.Cases - 1)
	})
}

func TestRanges(t *testing.T) {
	const text = `<OpenSCENARIO><FileHeader revMajor="1" revMinor="1"/><ParameterValueDistribution><ScenarioFile filepath="s.xosc"/><Deterministic><DeterministicSingleParameterDistribution parameterName="A">` +
		`<DistributionRange stepWidth="%s"><Range lowerLimit="%s" upperLimit="%s"/></DistributionRange></DeterministicSingleParameterDistribution></Deterministic></ParameterValueDistribution></OpenSCENARIO>`
	for _, c := range []struct {
		step, lo, hi string
		n            int
		last         string
	}{{"0.1", "0", "1", 11, "1"}, {"0.1", "0", "0.3", 4, "0.3"}, {"0.5", "-1.75", "1.75", 8, "1.75"}, {"2", "0", "5", 3, "4"}, {"1", "7", "7", 1, "7"}} {
		v, err := openx.NewLibrary(fstest.MapFS{"v.xosc": {Data: fmt.Appendf(nil, text, c.step, c.lo, c.hi)}}, nil).Variation("v.xosc")
		if err != nil || v.Cases != c.n || v.Case(v.Cases - 1)[0].Value != c.last {
			t.Errorf("%s to %s by %s: %+v, %v; want %d, the last %s", c.lo, c.hi, c.step, v, err, c.n, c.last)
		}
	}
	for _, c := range [][3]string{{"0", "0", "1"}, {"-1", "0", "1"}, {"1", "2", "1"}, {"1e-9", "0", "1"}} {
		if _, err := openx.NewLibrary(fstest.MapFS{"v.xosc": {Data: fmt.Appendf(nil, text, c[0], c[1], c[2])}}, nil).Variation("v.xosc"); err == nil {
			t.Errorf("%v was read", c)
		}
	}
}
