package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"roadbook/console"
	"roadbook/pilot/scene/bundle"
	"roadbook/update"
)

// Scenes lists the releases that carry the pilot, the newest first.
func (s *source) Scenes(ctx context.Context) (console.Scenes, error) {
	out := console.Scenes{AsOf: s.today()}
	for after := ""; ; {
		page, err := s.a.Update.Releases(ctx, after, update.MaxPage)
		if err != nil {
			return out, err
		}
		for _, r := range page {
			after = r.ID
			row, _, err := s.sceneRow(ctx, r)
			if err != nil {
				return out, err
			}
			if row.ID != "" {
				out.Rows = append(out.Rows, row)
			}
		}
		if len(page) < update.MaxPage {
			break
		}
	}
	slices.SortFunc(out.Rows, func(a, b console.SceneRow) int {
		return cmp.Or(b.Released.Compare(a.Released), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// sceneRow asks the gate; the zero row is a release without the pilot.
func (s *source) sceneRow(ctx context.Context, r update.Release) (console.SceneRow, assessment, error) {
	a, err := s.a.pilot.assess(ctx, r)
	if err != nil || !a.Needed {
		return console.SceneRow{}, a, err
	}
	docs, err := s.a.Update.Evidence(ctx, r.ID)
	if err != nil {
		return console.SceneRow{}, a, err
	}
	row := console.SceneRow{ID: r.ID, Name: r.Name + " " + r.Version, State: "passes", Bundles: len(docs), Released: r.CreatedAt}
	row.RXSWIN, _ = r.SWIN(regulation)
	if a.Bundle != nil {
		if row.Made, err = time.Parse(time.RFC3339, a.Bundle.Made); err != nil {
			return row, a, err
		}
	}
	for _, f := range a.findings() {
		row.State = "refused"
		row.Reasons = append(row.Reasons, f.Text)
	}
	return row, a, nil
}

// Scene is one release with every figure of its evidence.
func (s *source) Scene(ctx context.Context, release string) (console.Scene, error) {
	out := console.Scene{AsOf: s.today()}
	r, err := s.a.Update.ReleaseByID(ctx, release)
	if err != nil {
		return out, err
	}
	row, a, err := s.sceneRow(ctx, r)
	if err != nil {
		return out, err
	}
	if out.SceneRow = row; row.ID == "" {
		out.SceneRow = console.SceneRow{ID: r.ID, Name: r.Name + " " + r.Version, State: "needs no evidence", Released: r.CreatedAt}
	}
	out.Image, out.Evidence = r.Image.SHA256, a.SHA256
	if a.Shipped != nil {
		out.Shipped = a.Shipped.Subject.RXSWIN
	}
	for _, f := range a.Verdict.Figures {
		out.Figures = append(out.Figures, console.SceneFigure{Suite: f.Suite, Title: f.Title, Value: f.Text(), Limit: f.LimitText(), Shipped: f.ShippedText(), Broken: f.Broken, Regressed: f.Regressed})
	}
	if a.Bundle == nil {
		return out, nil
	}
	for _, u := range a.Bundle.Suites {
		out.Suites = append(out.Suites, sceneSuite(u))
	}
	out.Identity = append(out.Identity, console.Figure{Label: "Operational design domain", Value: a.Bundle.Subject.ODD})
	for _, p := range a.Bundle.Subject.Parameters {
		out.Identity = append(out.Identity, console.Figure{Label: "Parameters of " + p.Name, Value: p.SHA256})
	}
	out.Identity = append(out.Identity, console.Figure{Label: "Ran by", Value: a.Bundle.Runner.Program, Note: a.Bundle.Runner.Go + ", " + a.Bundle.Runner.Arch})
	return out, nil
}

func sceneSuite(u bundle.Suite) console.SceneSuite {
	sum := func(of func(bundle.Counts) int64) int64 { return of(u.Slow) + of(u.Fast) }
	avoidable := sum(func(c bundle.Counts) int64 { return c.Avoidable })
	out := console.SceneSuite{Name: u.Name, Digest: u.Digest, Ran: u.Ran, Discarded: u.Discarded, Avoidable: fmt.Sprint(avoidable),
		Collided: ofWhole(sum(func(c bundle.Counts) int64 { return c.CollidedAvoidable }), avoidable),
		Bound:    ofWhole(sum(func(c bundle.Counts) int64 { return c.CollidedBound }), sum(func(c bundle.Counts) int64 { return c.Bound })),
		Phantom:  ofWhole(sum(func(c bundle.Counts) int64 { return c.HardSafe }), sum(func(c bundle.Counts) int64 { return c.Safe }))}
	for _, m := range u.Models {
		out.Models = append(out.Models, console.Figure{Label: m.Name, Value: fmt.Sprint(m.Collided)})
	}
	for _, f := range u.Failing {
		out.Failing = append(out.Failing, console.Figure{Label: f.ID, Value: f.What})
	}
	return out
}

// ofWhole writes a count with the 95 % interval of its share.
func ofWhole(k, n int64) string {
	if n == 0 {
		return "–"
	}
	low, high := bundle.Wilson(k, n, bundle.Z95)
	return fmt.Sprintf("%d (%.3g to %.3g %%)", k, 100*low, 100*high)
}
