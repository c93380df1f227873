package demo

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"

	"roadbook/app/scenario"
	"roadbook/apps"
	"roadbook/offer"
	"roadbook/wire/apppkg"
)

// appVersion of every app of the case.
const appVersion = "1.0.0"

// publishApps has each partner sign its app's package and the store review it. The keys follow from the case, so that a
// second run publishes the same bytes; a real partner keeps its key to itself.
func (d *demo) publishApps(ctx context.Context) error {
	for _, p := range d.Scenario.Products {
		if p.Kind != string(offer.App) {
			continue
		}
		seed := sha256.Sum256([]byte(d.Scenario.Name + "/" + p.Partner))
		key := ed25519.NewKeyFromSeed(seed[:])
		partner := partnerID(p.Partner)
		in := map[string]any{"key": []byte(key.Public().(ed25519.PublicKey))}
		if err := d.API.Do(ctx, http.MethodPut, "/v1/apps/developers/"+url.PathEscape(partner), "developer/"+partner, in, nil); err != nil {
			return err
		}
		pkg, err := apppkg.Build(apppkg.Manifest{ID: appID(p), Name: p.Name, Version: appVersion, Category: "media", DriveMode: "none",
			Products: []apppkg.Product{{SKU: p.SKU, Type: "one_time"}}},
			map[string][]byte{"index.html": []byte("<!doctype html>\n<title>" + p.Name + "</title>\n<h1>" + p.Name + "</h1>\n<p>Sing while you are parked.</p>\n")}, key)
		if err != nil {
			return err
		}
		var v apps.Version
		if err := d.API.Do(ctx, http.MethodPost, "/v1/apps/versions?partner="+url.QueryEscape(partner), "app/"+p.SKU, pkg, &v); err != nil {
			return err
		}
		if err := d.API.Post(ctx, "/v1/apps/versions/"+v.ID+"/approve", "approve/"+p.SKU, map[string]string{"reviewer": "store review"}, nil); err != nil {
			return err
		}
	}
	return nil
}

// appID is the app's name in the cars: the part of its SKU behind the dot.
func appID(p scenario.Product) string { return p.SKU[strings.LastIndexByte(p.SKU, '.')+1:] }

// install puts an app that its owner has bought into the car.
func (d *demo) install(ctx context.Context, c *owned, sku string) error {
	for _, p := range d.Scenario.Products {
		if p.SKU == sku && p.Kind == string(offer.App) {
			_, err := c.screen.Store().Install(ctx, appID(p))
			return err
		}
	}
	return nil
}
