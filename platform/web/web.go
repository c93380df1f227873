// Package web is the HTTP plumbing: one API with an OpenAPI document, problem+json errors, who is calling, and servers
// that start and stop.
package web

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/vin"
)

// Limits of the servers.
const (
	MaxBody        = 1 << 20 // of a JSON request
	MaxHeader      = 64 << 10
	HeaderTimeout  = 10 * time.Second
	IdleTimeout    = 2 * time.Minute
	ShutdownWithin = 5 * time.Second
)

// NewAPI returns a huma API on mux with the OpenAPI 3.1 document at /openapi.json (and .yaml).
func NewAPI(mux *http.ServeMux, title, version, description string) huma.API {
	useProblems()
	cfg := huma.DefaultConfig(title, version)
	cfg.Info.Description = description
	cfg.OpenAPIPath = "/openapi"
	cfg.DocsPath = "" // its page would load scripts from elsewhere
	cfg.SchemasPath = ""
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	cfg.Security = []map[string][]string{{"token": {}}}
	return humago.New(mux, cfg)
}

// schemaName puts the package before a type's name: two domains may both have a Line.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	pkg := path.Base(t.PkgPath())
	if t.Name() == "" || pkg == "." {
		return name
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name
}

// statuses is the one table from an error's kind to its HTTP status.
var statuses = map[fault.Kind]int{
	fault.Unknown:      http.StatusInternalServerError,
	fault.Invalid:      http.StatusUnprocessableEntity,
	fault.NotFound:     http.StatusNotFound,
	fault.Refused:      http.StatusUnprocessableEntity,
	fault.Conflict:     http.StatusConflict,
	fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden:    http.StatusForbidden,
	fault.Unavailable:  http.StatusServiceUnavailable,
}

// Problem is an RFC 9457 problem with a stable code and the JSON pointer of the field to blame.
type Problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Code   string         `json:"code"`
	Errors []ProblemField `json:"errors,omitempty"`
}

// ProblemField names one field that is wrong.
type ProblemField struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

func (p *Problem) Error() string  { return p.Code + ": " + p.Detail }
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes huma answer with problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Error maps a domain's error to a problem. What is not a *fault.Error is told to the caller as "unknown" without its text.
func Error(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		slog.Error("request failed", "err", err)
		e = fault.New(fault.Unknown, "unknown", "the request may or may not have had an effect; ask again with the same Idempotency-Key")
	}
	// Idempotency misuse is 422 by the convention of payment APIs.
	status := statuses[e.Kind]
	if e.Code == "idempotency_mismatch" {
		status = http.StatusUnprocessableEntity
	}
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: e.Detail, Code: e.Code}
	if e.Pointer != "" {
		p.Errors = []ProblemField{{Pointer: e.Pointer, Detail: e.Detail}}
	}
	return p
}

// useProblems gives every error that huma makes itself our shape. huma offers the hook only as a package variable.
var useProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: msg, Code: strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")}
		for _, err := range errs {
			if err == nil {
				continue
			}
			var d *huma.ErrorDetail
			if errors.As(err, &d) {
				p.Errors = append(p.Errors, ProblemField{Pointer: pointer(d.Location), Detail: d.Message})
			} else {
				p.Errors = append(p.Errors, ProblemField{Detail: err.Error()})
			}
		}
		return p
	}
})

// pointer turns huma's "body.lines[0].price" into "/lines/0/price" (RFC 6901).
func pointer(location string) string {
	s := strings.TrimPrefix(strings.TrimPrefix(location, "body"), ".")
	s = strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(s)
	return "/" + strings.TrimPrefix(s, "/")
}

// WriteError writes err as a problem from a plain handler.
func WriteError(w http.ResponseWriter, err error) {
	var p *Problem
	if !errors.As(Error(err), &p) {
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		slog.Debug("answer not written", "err", err)
	}
}

type carKey struct{}

// CarVIN returns the car that calls, as its client certificate names it, or "" when there is none.
func CarVIN(ctx context.Context) vin.VIN {
	v, _ := ctx.Value(carKey{}).(vin.VIN)
	return v
}

// WithCar returns a context in which the car v calls.
func WithCar(ctx context.Context, v vin.VIN) context.Context {
	return context.WithValue(ctx, carKey{}, v)
}

// Cars lets in whoever shows a client certificate whose common name is a VIN and that allow accepts (a revoked car is
// refused on its next request, also on an open connection). Paths in open need no certificate.
func Cars(allow func(ctx context.Context, v vin.VIN, serial string) error, open map[string]bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		if open[r.URL.Path] {
			next.ServeHTTP(w, r)
			return
		}
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			WriteError(w, fault.New(fault.Unauthorized, "certificate_missing", "a car calls with its client certificate"))
			return
		}
		leaf := r.TLS.PeerCertificates[0]
		v, err := vin.Parse(leaf.Subject.CommonName)
		if err == nil {
			err = allow(r.Context(), v, leaf.SerialNumber.Text(16))
		}
		if err != nil {
			WriteError(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(WithCar(r.Context(), v)))
	})
}

// uploads are the routes that take large bodies and bound them themselves.
var uploads = map[string]bool{"/v1/images": true, "/v1/apps/versions": true}

// Token lets in whoever shows the operator's bearer token.
func Token(token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(got), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="roadbook"`)
			WriteError(w, fault.New(fault.Unauthorized, "token", "this API wants Authorization: Bearer TOKEN (serve writes it to DIR/token)"))
			return
		}
		if r.Method == http.MethodPost && !uploads[r.URL.Path] {
			r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// Key checks an Idempotency-Key header and turns it into the id of what the request makes.
func Key(prefix, route, key string) (string, error) {
	if key == "" || len(key) > id.MaxKey {
		return "", fault.New(fault.Invalid, "idempotency_key", "the header Idempotency-Key is required, 1 to %d bytes", id.MaxKey)
	}
	return id.From(prefix, route, key), nil
}

// Server serves one handler on one listener.
type Server struct {
	srv  *http.Server
	ln   net.Listener
	done chan error
}

// Serve starts to serve h on addr; with a TLS configuration it serves HTTPS.
func Serve(addr string, tc *tls.Config, h http.Handler, log *slog.Logger) (*Server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &Server{ln: ln, done: make(chan error, 1), srv: &http.Server{Handler: h, ReadHeaderTimeout: HeaderTimeout,
		IdleTimeout: IdleTimeout, MaxHeaderBytes: MaxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}}
	served := net.Listener(ln)
	if tc != nil {
		served = tls.NewListener(ln, tc)
	}
	go func() { s.done <- s.srv.Serve(served) }()
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Stop refuses new requests, waits a while for those under way and then ends them.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ShutdownWithin)
	defer cancel()
	if err := s.srv.Shutdown(ctx); err != nil {
		if cerr := s.srv.Close(); cerr != nil {
			return errors.Join(err, cerr)
		}
	}
	if err := <-s.done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
