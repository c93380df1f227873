package car

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"roadbook/fault"
)

// MaxAnswer is the largest JSON answer or grant that the car reads, in bytes.
const MaxAnswer = 1 << 20

// ask sends one request to the maker's side and returns the answer's body. A problem answer becomes a *fault.Error; a
// maker's side that is away is asked again until the agent's patience ends.
func (a *Agent) ask(ctx context.Context, method, path, key string, in any) ([]byte, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	var out []byte
	err := a.patiently(ctx, func() (err error) {
		out, err = a.once(ctx, method, path, key, body)
		return err
	})
	return out, err
}

// patiently repeats what fails because the maker's side is away.
func (a *Agent) patiently(ctx context.Context, do func() error) error {
	deadline := time.Now().Add(a.cfg.Patience)
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := do()
		if err == nil || fault.KindOf(err) != fault.Unavailable || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (a *Agent) once(ctx context.Context, method, path, key string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.cfg.Provisioning.Gateway+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fault.New(fault.Unavailable, "unreachable", "the maker's side does not answer: %v", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "unreachable", "the maker's side broke off: %v", err)
	}
	if resp.StatusCode < 300 {
		return b, nil
	}
	var p struct{ Code, Detail string }
	if json.Unmarshal(b, &p) != nil || p.Code == "" {
		p.Code, p.Detail = "http", fmt.Sprintf("%s %s answered %d", method, path, resp.StatusCode)
	}
	return nil, fault.New(kindOf(resp.StatusCode), p.Code, "%s", p.Detail)
}

func kindOf(status int) fault.Kind {
	switch {
	case status == http.StatusNotFound:
		return fault.NotFound
	case status == http.StatusConflict:
		return fault.Conflict
	case status == http.StatusUnauthorized:
		return fault.Unauthorized
	case status == http.StatusForbidden:
		return fault.Forbidden
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		return fault.Unavailable
	case status < 500:
		return fault.Refused
	}
	return fault.Unknown
}
