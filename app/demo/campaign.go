package demo

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"

	"roadbook/update"
	"roadbook/vin"
)

// campaign publishes the case's release and sends it to every car that is built. The image is generated: bytes that do
// not compress, the same in every run.
func (d *demo) campaign(ctx context.Context) error {
	r := d.Scenario.Release
	if r.SizeMB == 0 {
		return nil
	}
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], hash(d.Scenario.Name, r.Version))
	image := make([]byte, r.SizeMB*1_000_000)
	if _, err := rand.NewChaCha8(seed).Read(image); err != nil {
		return err
	}
	var up update.Image
	if err := d.API.Do(ctx, http.MethodPost, "/v1/images", "image/"+r.Version, image, &up); err != nil {
		return err
	}
	var rel update.Release
	in := map[string]any{"name": d.Scenario.Model.Name, "version": r.Version, "hardware_id": d.Scenario.Model.HardwareID,
		"release_counter": 2, "image_sha256": up.SHA256}
	if err := d.API.Post(ctx, "/v1/releases", "release/"+r.Version, in, &rel); err != nil {
		return err
	}
	vins := make([]vin.VIN, len(d.cars))
	for i, c := range d.cars {
		vins[i] = c.vin
	}
	return d.API.Post(ctx, "/v1/campaigns", "campaign/"+r.Version, map[string]any{"name": "Release " + r.Version, "release_id": rel.ID, "vins": vins}, nil)
}
