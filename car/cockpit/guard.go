package cockpit

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"roadbook/fault"
)

// Policy is the content security policy of every screen: nothing inline, nothing from elsewhere, framed by nobody.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// MaxForm limits the body of a form.
const MaxForm = 16 << 10

// guard sets the security headers and refuses what may not ask: a foreign host name, another method, another origin.
func guard(hosts []string, refuse func(http.ResponseWriter, *http.Request, error), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !hostAllowed(r.Host, hosts) {
			refuse(w, r, fault.New(fault.Forbidden, "host", "This car does not answer to the name %.80q", r.Host))
			return
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodPost:
			if err := sameOrigin(r); err != nil {
				refuse(w, r, err)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		default:
			h.Set("Allow", "GET, HEAD, POST")
			refuse(w, r, errMethod)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// errMethod stands for 405, which no kind of fault maps to.
var errMethod = fault.New(fault.Invalid, "method", "This screen cannot do that")

// hostAllowed reports whether a Host header names this machine by a loopback name, or by one of the configured names.
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
