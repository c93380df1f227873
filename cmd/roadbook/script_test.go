package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"roadbook/app"
	"roadbook/vin"
)

// TestMain lets the stories run this test binary as the program.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"roadbook": main})
}

// TestStories runs what an operator types, and checks what is answered: a story per file of testdata/script.
//
// Beside testscript's own commands a story has
//
//	$EXAMPLES        the cases of the examples folder
//	$SCENARIOS       the OpenSCENARIO files of UN R157
//	ports            free addresses in $CONSOLE, $GATEWAY and $MQTT; admin commands ask $CONSOLE
//	await            until the server at $CONSOLE answers
//	keep NAME RE     what the group of the expression found in the last standard output, as $NAME
//	part WHAT FILE   the part of a pilot's evidence that passes, is a sample, or is worse than what passes
//	tamper FROM TO   a copy with one bit turned
func TestStories(t *testing.T) {
	cases, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	scenarios, err := filepath.Abs("../../../shared/data/osc-alks/logical_scenarios")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, "ROADBOOK_TOKEN=", "ROADBOOK_DB=", "ROADBOOK_NATS=", "ROADBOOK_BLOBS=", "EXAMPLES="+cases, "SCENARIOS="+scenarios,
				"GORACE=atexit_sleep_ms=0") // a process of the race detector waits a second otherwise
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ports": ports, "await": await, "keep": keep, "part": part, "tamper": tamper},
	})
}

func ports(ts *testscript.TestScript, _ bool, _ []string) {
	for _, name := range []string{"CONSOLE", "GATEWAY", "MQTT"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer ln.Close() // only after all three are chosen
		ts.Setenv(name, ln.Addr().String())
	}
	ts.Setenv("ROADBOOK_SERVER", "http://"+ts.Getenv("CONSOLE"))
}

func await(ts *testscript.TestScript, _ bool, _ []string) {
	deadline := time.Now().Add(time.Minute)
	for {
		resp, err := http.Get("http://" + ts.Getenv("CONSOLE") + "/healthz")
		if err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no server: %v", err)
		}
		time.Sleep(20 * time.Millisecond) // the server is a process of its own: there is nothing else to wait on
	}
}

// TestVerbsAreRoutes holds the admin commands against the API's own description.
func TestVerbsAreRoutes(t *testing.T) {
	ctx := context.Background()
	a, err := app.New(ctx, app.Config{Data: t.TempDir(), Console: "127.0.0.1:0", Gateway: "127.0.0.1:0", MQTT: "127.0.0.1:0", Simulate: "2023-09-01"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(a.Console() + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	field := regexp.MustCompile(`\{[^}]*\}`)          // what a parameter is called is the route's business
	name := regexp.MustCompile(`\bLRB[0-9A-Z]{14}\b`) // a VIN of the examples
	routes := map[string]bool{}
	for path, methods := range doc.Paths {
		for m := range methods {
			routes[m+" "+field.ReplaceAllString(path, "{}")] = true
		}
	}
	verbs := 0
	for _, n := range nouns {
		for _, v := range n.verbs {
			verbs++
			if path := field.ReplaceAllString(v.path, "{}"); !routes[strings.ToLower(v.method)+" "+path] {
				t.Errorf("roadbook %s %s asks %s %s, which is no route", n.name, v.name, v.method, v.path)
			}
			if !strings.HasPrefix(v.example, "roadbook "+n.name+" "+v.name) {
				t.Errorf("roadbook %s %s has the example %q", n.name, v.name, v.example)
			}
			for _, s := range name.FindAllString(v.example, -1) {
				if _, err := vin.Parse(s); err != nil {
					t.Errorf("%s: %v", v.example, err)
				}
			}
		}
	}
	if verbs < 20 || len(routes) < 20 {
		t.Fatalf("only %d verbs and %d routes seen", verbs, len(routes))
	}
}
