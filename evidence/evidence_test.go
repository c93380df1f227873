package evidence_test

import (
	"testing"

	"roadbook/evidence"
	"roadbook/fault"
)

func TestCheck(t *testing.T) {
	whole := evidence.Evidence{Source: "annual report 2024", Date: "2024-12-31", Vintage: "2025-03-18", Who: "finance", Level: evidence.Reported}
	if err := whole.Check(""); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why, at string
		spoil   func(*evidence.Evidence)
	}{
		{"a figure without a source is nobody's", "/x/source", func(e *evidence.Evidence) { e.Source = "" }},
		{"somebody entered it", "/x/who", func(e *evidence.Evidence) { e.Who = "" }},
		{"the fact has a day", "/x/date", func(e *evidence.Evidence) { e.Date = "2024" }},
		{"what was not known yet must not be used", "/x/vintage", func(e *evidence.Evidence) { e.Vintage = "" }},
		{"reported and assumed are not the same", "/x/level", func(e *evidence.Evidence) { e.Level = "B" }},
	} {
		e := whole
		row.spoil(&e)
		err := e.Check("/x")
		if f, ok := err.(*fault.Error); !ok || f.Pointer != row.at || f.Kind != fault.Invalid {
			t.Errorf("%s: %v, want a refusal at %s", row.why, err, row.at)
		}
	}
	if whole.Known("2025-03-17") || !whole.Known("2025-03-18") {
		t.Error("known before its vintage, or not on it")
	}
}
