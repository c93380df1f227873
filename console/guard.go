package console

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"roadbook/fault"
)

// Policy is the content security policy of every page: nothing inline, nothing from elsewhere, framed by nobody.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard answers before any page does: with the security headers, and with a refusal to what may not ask.
func guard(hosts []string, refuse func(http.ResponseWriter, *http.Request, error), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // figures of now; assets set their own
		switch {
		case !hostAllowed(r.Host, hosts):
			refuse(w, r, fault.New(fault.Forbidden, "host", "this console does not answer to the name %.80q", r.Host))
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			refuse(w, r, errMethod)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// errMethod stands for 405, which no kind of fault maps to.
var errMethod = fault.New(fault.Invalid, "method", "the console only shows; it takes GET and HEAD")

// hostAllowed reports whether a Host header names this machine by a loopback name, or by one of the configured names.
// A page of another site that rebinds its own name to this address is refused here.
func hostAllowed(host string, hosts []string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "localhost" || slices.Contains(hosts, name) {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}
