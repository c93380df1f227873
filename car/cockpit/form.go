package cockpit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"roadbook/fault"
)

// forms seals what a form was made for. The secret lives as long as the program: a form from before a restart is refused
// with a request to look again.
type forms struct{ secret []byte }

func newForms() forms {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails (crypto/rand)
	return forms{secret}
}

// form is what a page sends back: the key chosen when it was made, and the seal over the key and the facts shown.
type form struct{ Key, Seal string }

// make seals a new form for the facts that the driver sees: the action, the thing, its price.
func (f forms) make(facts ...string) form { return f.again(rand.Text(), facts...) }

// again seals the facts under a key that was used before: a purchase of unknown outcome is retried, not repeated.
func (f forms) again(key string, facts ...string) form { return form{key, f.seal(key, facts)} }

func (f forms) seal(key string, facts []string) string {
	mac := hmac.New(sha256.New, f.secret)
	for _, s := range append([]string{key}, facts...) {
		fmt.Fprintf(mac, "%d:%s,", len(s), s) // lengths keep "ab","c" apart from "a","bc"
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// check returns the key of a form that was made here for exactly these facts.
func (f forms) check(r *http.Request, facts ...string) (string, error) {
	key := r.PostFormValue("key")
	if key == "" || !hmac.Equal([]byte(f.seal(key, facts)), []byte(r.PostFormValue("seal"))) {
		return "", fault.New(fault.Conflict, "form_stale", "What this screen showed is no longer current. Nothing was done. Please look again")
	}
	return key, nil
}

// sameOrigin refuses a request that the page's own browser did not make from the page's own origin. A request that says
// neither where it comes from is no browser's form and is refused too.
func sameOrigin(r *http.Request) error {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	_, host, _ := strings.Cut(origin, "://")
	if (site == "" && origin == "") || (site != "" && site != "same-origin") || (origin != "" && host != r.Host) {
		return fault.New(fault.Forbidden, "origin", "Only the screens of this car can do that")
	}
	return nil
}
