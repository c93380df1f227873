package update

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/uptane"
)

// Report takes a car's signed vehicle manifest (5.3.2.1). The same manifest again has no second effect; an older one is refused.
// v is the car at the other end of the connection.
func (s *Service) Report(ctx context.Context, v vin.VIN, raw []byte) error {
	signed, err := uptane.ParseSigned(raw)
	if err != nil {
		return fault.New(fault.Invalid, "manifest", "%v", err)
	}
	known, err := s.inventory.Vehicle(ctx, v)
	if err != nil {
		return err
	}
	if known.Key == nil {
		return fault.New(fault.Forbidden, "not_enrolled", "%s has no key yet", v)
	}
	m, reports, err := uptane.Open(signed, known.Key)
	if err != nil {
		return fault.New(fault.Forbidden, "manifest_signature", "%v", err)
	}
	if m.VIN != string(v) {
		return fault.New(fault.Forbidden, "manifest_vehicle", "the manifest is of %.40q, the connection of %s", m.VIN, v)
	}
	r, ok := reports[known.ECU]
	if !ok || r.HardwareID != known.HardwareID {
		return fault.New(fault.Refused, "manifest_inventory", "the inventory has ECU %s with hardware %s; the manifest does not", known.ECU, known.HardwareID)
	}
	if m.Progress != nil && m.Progress.State != "" && !slices.Contains(States, State(m.Progress.State)) {
		return fault.New(fault.Invalid, "manifest_state", "no state %.40q", m.Progress.State)
	}
	sum := sha256.Sum256(signed.Payload)
	h := heard{vin: v, report: r, progress: m.Progress, digest: hex.EncodeToString(sum[:])}
	return s.store.ChangeCar(ctx, v, h.apply)
}

// heard is one verified manifest.
type heard struct {
	vin      vin.VIN
	report   uptane.Report
	progress *uptane.Progress
	digest   string
}

// apply is what a manifest changes, given what was known: pure, so that it can run again in a retried transaction.
func (h heard) apply(car Car, all []Delivery) (*Car, []Delivery, []CarInstalled, error) {
	r := h.report
	if r.Counter <= car.Counter {
		if r.Counter == car.Counter && h.digest == car.Digest {
			return nil, nil, nil, nil
		}
		return nil, nil, nil, fault.New(fault.Conflict, string(uptane.ManifestReplay), "report %d of %s is not newer than %d", r.Counter, h.vin, car.Counter)
	}
	car = Car{VIN: h.vin, Counter: r.Counter, Digest: h.digest, Installed: r.Installed, Attack: r.Attack, Detail: r.Detail, SeenAt: r.Time.UTC()}
	i := h.delivery(all)
	if i < 0 {
		return &car, nil, nil, nil
	}
	d := all[i]
	next := h.next(d)
	if next == Confirmed && r.Installed.SHA256 != d.Image.SHA256 {
		return nil, nil, nil, fault.New(fault.Refused, "not_installed", "%s confirms %s but reports %s", h.vin, d.Image.SHA256, r.Installed.SHA256)
	}
	if h.progress != nil {
		d.Bytes = max(d.Bytes, h.progress.Bytes)
	}
	if r.Attack != "" || r.Detail != "" {
		d.Attack, d.Detail = r.Attack, r.Detail
	}
	before := d.State
	d.State, _ = d.State.To(next)
	d.UpdatedAt = r.Time.UTC()
	var events []CarInstalled
	if !took(before) && took(d.State) {
		events = append(events, CarInstalled{CampaignID: d.CampaignID, VIN: d.VIN, ReleaseID: d.ReleaseID, Bytes: d.Image.Length, At: r.Time.UTC()})
	}
	return &car, []Delivery{d}, events, nil
}

func took(s State) bool { return s == Installed || s == Confirmed }

// delivery finds the delivery that the manifest is about: the one it names, or the one open for this car.
func (h heard) delivery(all []Delivery) int {
	return slices.IndexFunc(all, func(d Delivery) bool {
		if h.progress != nil && h.progress.Campaign != "" {
			return d.CampaignID == h.progress.Campaign
		}
		return !d.State.Final() && d.State != Pending
	})
}

// next is the state that the car speaks of. An attack that no honest repository could show fails the delivery; one that only
// keeps software away (a tunnel, a drip) does not: the car asks again.
func (h heard) next(d Delivery) State {
	if h.progress != nil && h.progress.State != "" {
		return State(h.progress.State)
	}
	if !h.report.Attack.Passing() {
		return Failed
	}
	return d.State
}
