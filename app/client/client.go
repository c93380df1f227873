// Package client calls the operator's API: for the admin commands, the demo and the tests.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"roadbook/fault"
)

// MaxAnswer is the largest answer that is read, in bytes.
const MaxAnswer = 32 << 20

// Client calls one maker's side.
type Client struct {
	Base     string        // "http://127.0.0.1:8080"
	Token    string        // the operator's token
	HTTP     *http.Client  // http.DefaultClient when nil
	Patience time.Duration // how long to go on asking while the server is away; 0 asks once
}

// Get reads path into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.Do(ctx, http.MethodGet, path, "", nil, out)
}

// Post sends in under the idempotency key and reads the answer into out (nil: not wanted). Because of the key it may be
// asked again when the answer was lost.
func (c *Client) Post(ctx context.Context, path, key string, in, out any) error {
	return c.Do(ctx, http.MethodPost, path, key, in, out)
}

// Do sends one request. A problem answer becomes a *fault.Error; a server that is away is asked again until Patience ends.
func (c *Client) Do(ctx context.Context, method, path, key string, in, out any) error {
	var body []byte
	contentType := "application/json"
	switch v := in.(type) {
	case nil:
	case []byte:
		body, contentType = v, "application/octet-stream"
	default:
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	deadline := time.Now().Add(c.Patience)
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := c.once(ctx, method, path, key, contentType, body, out)
		if fault.KindOf(err) != fault.Unavailable || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (c *Client) once(ctx context.Context, method, path, key, contentType string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	h := c.HTTP
	if h == nil {
		h = http.DefaultClient
	}
	resp, err := h.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fault.New(fault.Unavailable, "unreachable", "%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer))
	if err != nil {
		return fault.New(fault.Unavailable, "unreachable", "%s %s: %v", method, path, err)
	}
	if resp.StatusCode >= 300 {
		return problem(method, path, resp.StatusCode, b)
	}
	if out == nil {
		return nil
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = b
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%s %s: answer: %w", method, path, err)
	}
	return nil
}

// problem turns an RFC 9457 answer back into what the domain said.
func problem(method, path string, status int, b []byte) error {
	var p struct {
		Code, Detail string
		Errors       []struct{ Pointer, Detail string }
	}
	if err := json.Unmarshal(b, &p); err != nil || p.Code == "" {
		p.Code, p.Detail = "http", fmt.Sprintf("%s %s answered %d: %.300s", method, path, status, b)
	}
	kind := fault.Unknown
	switch {
	case status == http.StatusNotFound:
		kind = fault.NotFound
	case status == http.StatusConflict:
		kind = fault.Conflict
	case status == http.StatusUnauthorized:
		kind = fault.Unauthorized
	case status == http.StatusForbidden:
		kind = fault.Forbidden
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		kind = fault.Unavailable
	case status < 500:
		kind = fault.Invalid
	}
	e := &fault.Error{Kind: kind, Code: p.Code, Detail: p.Detail}
	if len(p.Errors) > 0 {
		e.Pointer = p.Errors[0].Pointer
		if d := p.Errors[0].Detail; d != "" && d != e.Detail {
			e.Detail += ": " + d
		}
	}
	return e
}
