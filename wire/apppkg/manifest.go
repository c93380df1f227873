package apppkg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
)

// Manifest is manifest.json. Unknown fields refuse the package: an older car must not run what it does not understand.
type Manifest struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Version    string      `json:"version"`
	MinAgent   string      `json:"min_agent,omitempty"`
	Category   string      `json:"category"`
	DriveMode  string      `json:"drive_mode"`
	Templates  []string    `json:"templates,omitempty"`
	Screens    []Screen    `json:"screens,omitempty"`
	I18n       []string    `json:"i18n,omitempty"`
	Signals    []Signal    `json:"signals,omitempty"`
	Net        []string    `json:"net,omitempty"`
	Background *Background `json:"background,omitempty"`
	Products   []Product   `json:"products,omitempty"`
	Support    string      `json:"support,omitempty"`
	PrivacyURL string      `json:"privacy_url,omitempty"`
	SBOM       string      `json:"sbom,omitempty"`
	DataExport bool        `json:"data_export,omitempty"`
}

// Screen is a shape of screen that the app serves.
type Screen struct {
	Orientation string `json:"orientation"`
	MinW        int    `json:"min_w"`
}

// Signal is a signal of the car that the app asks for, and why.
type Signal struct {
	Path          string `json:"path"`
	Access        string `json:"access"`
	MinPeriodMS   int    `json:"min_period_ms,omitempty"`
	Purpose       string `json:"purpose"`
	RetentionDays int    `json:"retention_days,omitempty"`
	LeavesCar     bool   `json:"leaves_car,omitempty"`
	While         string `json:"while,omitempty"`
}

// Background is the app's part that runs without a screen.
type Background struct {
	WASM   string   `json:"wasm"`
	MaxMS  int      `json:"max_ms"`
	MaxMiB int      `json:"max_mib"`
	WakeOn []string `json:"wake_on,omitempty"`
}

// Product is what the app sells, by SKU of the catalogue.
type Product struct {
	SKU       string `json:"sku"`
	Type      string `json:"type"`
	PriceRef  string `json:"price_ref,omitempty"`
	TrialDays int    `json:"trial_days,omitempty"`
}

// The closed sets of the manifest.
var (
	Categories = []string{"media", "charging", "parking", "navigation-poi", "insurance", "home", "game", "productivity", "oem-feature"}
	DriveModes = []string{"none", "template", "audio-only"}
	accesses   = []string{"read", "subscribe", "set"}
	whiles     = []string{"", "any", "parked"}
	products   = []string{"one_time", "subscription", "consumable", "metered"}
	reserved   = []string{"shell", "localhost", "www", "system"}
)

var (
	appID      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`) // one DNS label: it becomes the app's origin
	version    = regexp.MustCompile(`^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}$`)
	signalPath = regexp.MustCompile(`^Vehicle(\.[A-Za-z0-9]+)+$`)
)

// ParseManifest reads and checks a manifest.
func ParseManifest(raw []byte) (Manifest, error) {
	var m Manifest
	if err := strict(raw, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if err := m.Check(); err != nil {
		return m, fmt.Errorf("%s: %w", manifestFile, err)
	}
	return m, nil
}

// Check answers with the first field that is wrong.
func (m Manifest) Check() error {
	switch {
	case !appID.MatchString(m.ID):
		return fmt.Errorf("id %.80q is not of the form %s", m.ID, appID)
	case slices.Contains(reserved, m.ID):
		return fmt.Errorf("id %q is reserved", m.ID)
	case m.Name == "" || len(m.Name) > 80:
		return errors.New("name has 1 to 80 bytes")
	case !version.MatchString(m.Version):
		return fmt.Errorf("version %.40q is not of the form 1.2.3", m.Version)
	case m.MinAgent != "" && !version.MatchString(m.MinAgent):
		return fmt.Errorf("min_agent %.40q is not of the form 1.2.3", m.MinAgent)
	case !slices.Contains(Categories, m.Category):
		return fmt.Errorf("category %.40q is none of %v", m.Category, Categories)
	case !slices.Contains(DriveModes, m.DriveMode):
		return fmt.Errorf("drive_mode %.40q is none of %v", m.DriveMode, DriveModes)
	}
	for i, s := range m.Signals {
		if len(s.Path) > 300 || !signalPath.MatchString(s.Path) || !slices.Contains(accesses, s.Access) || !slices.Contains(whiles, s.While) || s.Purpose == "" || s.MinPeriodMS < 0 || s.RetentionDays < 0 {
			return fmt.Errorf("signals[%d]: path, access, while or purpose is wrong", i)
		}
	}
	for i, n := range m.Net {
		u, err := url.Parse(n)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || n != "https://"+u.Host {
			return fmt.Errorf("net[%d]: %.100q is not https://host[:port]", i, n)
		}
	}
	for i, p := range m.Products {
		if p.SKU == "" || len(p.SKU) > 80 || !slices.Contains(products, p.Type) || p.TrialDays < 0 {
			return fmt.Errorf("products[%d]: sku or type is wrong", i)
		}
	}
	if b := m.Background; b != nil && (b.WASM == "" || b.MaxMS < 1 || b.MaxMiB < 1) {
		return errors.New("background needs wasm, max_ms and max_mib")
	}
	return nil
}

// strict decodes exactly one JSON value without unknown fields.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}
