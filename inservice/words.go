package inservice

import (
	"strings"

	"roadbook/wire/pilotlog"
)

// Words are what a kind of event is called for people, and what it means.
type Words struct{ One, Many, Meaning string }

var words = map[pilotlog.Kind]Words{
	pilotlog.Deactivation:     {"disengagement", "disengagements", "the pilot was on and went off, by the driver or by itself"},
	pilotlog.TransitionDemand: {"transition demand", "transition demands", "the pilot asked the driver to take over"},
	pilotlog.Checker:          {"act of the checker", "acts of the checker", "the independent checker changed what the pilot commanded"},
	pilotlog.EmergencyStart:   {"emergency manoeuvre", "emergency manoeuvres", "it braked beyond 5 m/s², or evaded, against a collision"},
	pilotlog.MinimumRisk:      {"minimum risk manoeuvre", "minimum risk manoeuvres", "nobody took over, and the pilot brought the car to a stand"},
	pilotlog.SystemFailure:    {"severe failure", "severe failures", "the pilot could not go on"},
	pilotlog.Collision:        {"collision", "collisions", "the car felt an impact"},
}

// WordsFor gives the words for a kind; one that is not Watched goes by its name.
func WordsFor(k pilotlog.Kind) Words {
	if w, ok := words[k]; ok {
		return w
	}
	name := Spelled(string(k))
	return Words{One: name, Many: name}
}

// Spelled turns a name like driver_unavailable into words.
func Spelled(name string) string { return strings.ReplaceAll(name, "_", " ") }
