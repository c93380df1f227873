package grants

import (
	"slices"
	"time"

	"roadbook/wire/grant"
)

// Feature is one right as the driver sees it.
type Feature struct {
	ID    string
	Kind  grant.Kind
	On    bool      // as decided at the last park
	Until time.Time // end of the right without its grace; zero: for good
	Limit map[string]uint64
}

// Features lists what the grant names and what is still on without it, by ID.
func (g *Grants) Features() []Feature {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var out []Feature
	if g.claims != nil {
		for _, f := range g.claims.Features {
			_, on := slices.BinarySearch(g.state.On, f.ID)
			v := Feature{ID: f.ID, Kind: f.Kind, On: on}
			if f.Exp != 0 {
				v.Until = time.Unix(f.Exp, 0).UTC()
			}
			for _, l := range f.Limits {
				if v.Limit == nil {
					v.Limit = map[string]uint64{}
				}
				v.Limit[l.Name] = l.Value
			}
			out = append(out, v)
		}
	}
	for _, id := range g.state.On {
		if !slices.ContainsFunc(out, func(f Feature) bool { return f.ID == id }) {
			out = append(out, Feature{ID: id, Kind: grant.Term, On: true, Until: g.state.Floor})
		}
	}
	slices.SortFunc(out, func(a, b Feature) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

// Seq is the highest number that was accepted, 0 before the first.
func (g *Grants) Seq() uint64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.state.Seq
}

// Problem says why the stored grant is not used, or nil.
func (g *Grants) Problem() error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.problem
}

// Due reports whether it is time to ask for a new grant: there is none, or a feature ends soon. A term that is really over
// stays due no longer than its grace, then the maker's next grant leaves it out.
func (g *Grants) Due() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.claims == nil {
		return true
	}
	soon := g.now().Add(AskAhead).Unix()
	for _, f := range g.claims.Features {
		if f.Exp != 0 && f.Exp < soon {
			return true
		}
	}
	return g.claims.Exp < soon
}
