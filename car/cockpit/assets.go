package cockpit

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"time"
)

//go:embed assets
var assets embed.FS

// asset is one embedded file with its media type and the digest that names its version.
type asset struct {
	body          []byte
	kind, version string
}

// assetKinds lists what may be served. Media types are written here: the machine's own table differs between systems.
var assetKinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func readAsset(name string) (asset, bool) {
	kind, ok := assetKinds[path.Ext(name)]
	if !ok {
		return asset{}, false
	}
	body, err := assets.ReadFile("assets/" + name)
	if err != nil {
		return asset{}, false
	}
	sum := sha256.Sum256(body)
	return asset{body, kind, hex.EncodeToString(sum[:6])}, true
}

// assetPath is the address of an embedded file with its version, so that a browser may keep it for good.
func assetPath(name string) string {
	a, ok := readAsset(name)
	if !ok {
		panic("cockpit: no asset " + name) // a page names a file that was not embedded: every test of the page finds it
	}
	return "/assets/" + name + "?v=" + a.version
}

func assetServer() http.Handler {
	return http.StripPrefix("/assets/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := readAsset(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", a.kind)
		w.Header().Set("ETag", `"`+a.version+`"`)
		w.Header().Set("Cache-Control", "no-cache")
		if r.URL.Query().Get("v") == a.version {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
	}))
}
