package console

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"roadbook/period"
)

// Scenes lists the releases that carry the pilot, the newest first, and what speaks for each.
type Scenes struct {
	AsOf period.Date
	Rows []SceneRow
}

// SceneRow is a release of the pilot, with what the gate says of it now.
type SceneRow struct {
	ID, Name, RXSWIN string // RXSWIN is empty when the release fails to declare it
	State            string // "passes" or "refused"
	Bundles          int    // documents that are kept for it
	Made             time.Time
	Released         time.Time
	Reasons          []string // why it is refused
}

// Scene is one release with every figure of its evidence.
type Scene struct {
	SceneRow
	AsOf     period.Date
	Image    string
	Evidence string // SHA-256 of the bundle that counts
	Shipped  string // software of the shipped release that it is compared with, empty without
	Figures  []SceneFigure
	Suites   []SceneSuite
	Identity []Figure // parameter sets, ODD, runner: by hash
}

// SceneFigure is a figure against its limit, already written for people.
type SceneFigure struct {
	Suite, Title, Value, Limit, Shipped string
	Broken, Regressed                   bool
}

// SceneSuite is what one suite ran and found.
type SceneSuite struct {
	Name, Digest                        string
	Ran, Discarded                      int64
	Avoidable, Collided, Bound, Phantom string // with their intervals
	Models                              []Figure
	Failing                             []Figure // id and what happened
}

// show is the command that drives a case of the suite again and makes a page of it.
func (u SceneSuite) show() string {
	if u.Name == "alks" { // its cases are files that the program does not hold
		return "roadbook scene show --data FOLDER ID -o page.html"
	}
	return "roadbook scene show ID -o page.html"
}

// Scenery answers what the pages of the pilot's evidence ask. An unknown release is a fault of kind NotFound.
type Scenery interface {
	Scenes(ctx context.Context) (Scenes, error)
	Scene(ctx context.Context, release string) (Scene, error)
}

func (c *console) scenes(ctx context.Context, _ *http.Request) (templ.Component, error) {
	all, err := c.src.Scenes(ctx)
	return scenesPage(all), err
}

func (c *console) scene(ctx context.Context, r *http.Request) (templ.Component, error) {
	one, err := c.src.Scene(ctx, r.PathValue("release"))
	return scenePage(one), err
}

// scenePath is the page of a release's evidence.
func scenePath(release string) templ.SafeURL { return templ.URL("/scenes/" + release) }

// held says in one word how a figure stands.
func (f SceneFigure) held() string {
	switch {
	case f.Broken && f.Regressed:
		return "misses the limit, and worse than shipped"
	case f.Broken:
		return "misses the limit"
	case f.Regressed:
		return "worse than shipped"
	case (f.Limit == "–" || f.Limit == "told only") && f.Shipped == "–": // held against nothing
		return "–"
	}
	return "holds"
}
