package keys

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"

	"roadbook/car/flash"
	"roadbook/fault"
	"roadbook/vin"
)

// MaxAnswer is the largest answer that the car reads, in bytes.
const MaxAnswer = 64 << 10

// The routes of the maker's side.
const (
	EnrolPath = "/car/v1/enrol"
	RenewPath = "/car/v1/renew"
)

// enrolment is the request of both routes; a renewal carries the CSR alone, its sender is known by its certificate.
type enrolment struct {
	VIN    vin.VIN `json:"vin,omitempty"`
	Secret string  `json:"secret,omitempty"`
	CSR    string  `json:"csr"` // PEM
}

// Enrol trades the one-time secret from the factory for a certificate. A car that has one already does nothing. After a
// lost answer the same call may be made again, also after a restart: it sends the very same request, by which the maker
// recognises it.
func (k *Keys) Enrol(ctx context.Context, client *http.Client, base, secret string) error {
	if k.Enrolled() {
		return nil
	}
	csr, err := k.firstRequest()
	if err != nil {
		return err
	}
	return k.ask(ctx, client, base+EnrolPath, enrolment{k.vin, secret, string(csr)})
}

// firstRequest returns the request by which the car enrols. It is kept, because each signature by ECDSA is another one.
func (k *Keys) firstRequest() ([]byte, error) {
	b, err := os.ReadFile(k.path("request.pem"))
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if b, err = k.Request(); err != nil {
		return nil, err
	}
	return b, flash.Replace(k.path("request.pem"), b)
}

// Renew gets a new certificate for the same key when it is Due, and reports whether it did. The client must use TLSConfig.
func (k *Keys) Renew(ctx context.Context, client *http.Client, base string) (bool, error) {
	if !k.Due() {
		return false, nil
	}
	csr, err := k.Request()
	if err != nil {
		return false, err
	}
	if err := k.ask(ctx, client, base+RenewPath, enrolment{CSR: string(csr)}); err != nil {
		return false, err
	}
	client.CloseIdleConnections() // the next request shows the new certificate
	return true, nil
}

func (k *Keys) ask(ctx context.Context, client *http.Client, url string, body enrolment) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return fault.New(fault.Unavailable, "maker_unreachable", "no answer from %s: %v", url, err)
	}
	defer resp.Body.Close()
	b, err = io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err != nil || len(b) > MaxAnswer {
		return fault.New(fault.Unavailable, "maker_unreachable", "the answer of %s broke off or is too long: %v", url, err)
	}
	var answer struct {
		Certificate string `json:"certificate"` // PEM chain, leaf first
		Code        string `json:"code"`
		Detail      string `json:"detail"`
	}
	jerr := json.Unmarshal(b, &answer)
	if resp.StatusCode/100 != 2 {
		if jerr != nil || answer.Code == "" {
			answer.Code, answer.Detail = "http_"+fmt.Sprint(resp.StatusCode), strings.TrimSpace(string(b[:min(len(b), 200)]))
		}
		return fault.New(kindOf(resp.StatusCode), answer.Code, "%s", answer.Detail)
	}
	if jerr != nil {
		return fault.New(fault.Invalid, "certificate_malformed", "the answer of %s is no JSON: %v", url, jerr)
	}
	return k.keep([]byte(answer.Certificate))
}

// kindOf says what the car can do about a status.
func kindOf(status int) fault.Kind {
	switch {
	case status == http.StatusUnauthorized:
		return fault.Unauthorized
	case status == http.StatusForbidden:
		return fault.Forbidden
	case status == http.StatusNotFound:
		return fault.NotFound
	case status == http.StatusConflict:
		return fault.Conflict
	case status >= 500, status == http.StatusTooManyRequests:
		return fault.Unavailable
	}
	return fault.Refused
}
