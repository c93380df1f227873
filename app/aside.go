package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/platform/sqldb"
	"roadbook/platform/web"
	"roadbook/vin"
	"roadbook/wire/command"
)

// Bounds of what is set aside.
const (
	maxAside     = 1000 // messages of one car; then its messages are not taken, and it keeps them
	maxAsidePage = 1000
	maxReason    = 500 // bytes of why
)

// setAside is a message of a car that will not be taken as it is: no such thing, or against what is there.
type setAside struct {
	VIN     vin.VIN      `json:"vin"`
	Kind    command.Kind `json:"kind" doc:"frames, meter (usage batches) or pilot (reports)"`
	SHA256  string       `json:"sha256"`
	At      time.Time    `json:"at"`
	Code    string       `json:"code"`
	Detail  string       `json:"detail"`
	Payload []byte       `json:"payload" doc:"As the car sent it, base64"`
}

// asides keeps them.
type asides struct{ db *sqldb.DB }

// keep keeps a message. The same again changes nothing.
func (s asides) keep(ctx context.Context, m setAside) error {
	sum := sha256.Sum256(m.Payload)
	m.SHA256 = hex.EncodeToString(sum[:])
	if len(m.Detail) > maxReason {
		m.Detail = m.Detail[:maxReason]
	}
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		r, err := tx.Exec(ctx, `INSERT INTO app_aside (vin, kind, sha256, at_ms, code, detail, payload) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (vin, kind, sha256) DO NOTHING`, string(m.VIN), string(m.Kind), m.SHA256, m.At.UnixMilli(), m.Code, m.Detail, m.Payload)
		if err != nil {
			return err
		}
		if isNew, err := r.RowsAffected(); err != nil || isNew == 0 {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM app_aside WHERE vin = $1`, string(m.VIN)).Scan(&n); err != nil {
			return err
		}
		if n > maxAside {
			return fault.New(fault.Unavailable, "aside_full", "%d messages of %s are set aside; look at them (roadbook message list vin=%s), then it will be heard again", maxAside, m.VIN, m.VIN)
		}
		return nil
	})
}

// list lists those of a car, or of all when v is empty, the oldest first.
func (s asides) list(ctx context.Context, v vin.VIN, limit int) ([]setAside, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT vin, kind, sha256, at_ms, code, detail, payload FROM app_aside WHERE $1 = '' OR vin = $1
		ORDER BY at_ms, vin, kind, sha256 LIMIT $2`, string(v), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []setAside{}
	for rows.Next() {
		var m setAside
		var ms int64
		if err := rows.Scan(&m.VIN, &m.Kind, &m.SHA256, &ms, &m.Code, &m.Detail, &m.Payload); err != nil {
			return nil, err
		}
		m.At = time.UnixMilli(ms).UTC()
		out = append(out, m)
	}
	return out, rows.Err()
}

func (s asides) count(ctx context.Context) (n int, err error) {
	return n, s.db.Read().QueryRow(ctx, `SELECT COUNT(*) FROM app_aside`).Scan(&n)
}

func (s asides) remove(ctx context.Context, m setAside) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM app_aside WHERE vin = $1 AND kind = $2 AND sha256 = $3`, string(m.VIN), string(m.Kind), m.SHA256)
		return err
	})
}

// hopeless reports whether a message with this answer will never be taken as it is.
func hopeless(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Refused, fault.Conflict:
		return true
	}
	return false
}

// setAside keeps a message that will not be taken, so that the car may forget it: it would stand before its next ones for ever.
func (a *App) setAside(ctx context.Context, v vin.VIN, kind command.Kind, payload []byte, why error) error {
	a.log.Warn("message set aside", "vin", v, "kind", kind, "bytes", len(payload), "err", why)
	return a.asides.keep(ctx, setAside{VIN: v, Kind: kind, At: a.clock.Now(), Code: fault.CodeOf(why), Detail: why.Error(), Payload: payload})
}

// retryAside hands in again what was set aside, of one car or of all, and forgets what is taken now.
func (a *App) retryAside(ctx context.Context, v vin.VIN) (taken, left int, err error) {
	all, err := a.asides.list(ctx, v, maxAsidePage)
	if err != nil {
		return 0, 0, err
	}
	for _, m := range all {
		err := a.hear(ctx, m.VIN, m.Kind, m.Payload)
		if hopeless(err) {
			left++
			continue
		}
		if err == nil {
			err = a.asides.remove(ctx, m)
		}
		if err != nil {
			return taken, left, err
		}
		taken++
	}
	return taken, left, nil
}

// registerAside adds the operator's view of what was set aside.
func (a *App) registerAside(api huma.API) {
	type listed struct {
		Body struct {
			Data  []setAside `json:"data"`
			Total int        `json:"total" doc:"Of all cars"`
		}
	}
	huma.Register(api, huma.Operation{OperationID: "list-messages-aside", Method: http.MethodGet, Path: "/v1/messages/aside", Tags: []string{"app"},
		Summary: "Messages of cars that were acknowledged and set aside, because they cannot be taken as they are; the oldest first"},
		func(ctx context.Context, in *struct {
			VIN   string `query:"vin"`
			Limit int    `query:"limit" minimum:"1" maximum:"100" default:"100"`
		}) (*listed, error) {
			out := &listed{}
			var err error
			if out.Body.Data, err = a.asides.list(ctx, vin.VIN(in.VIN), in.Limit); err == nil {
				out.Body.Total, err = a.asides.count(ctx)
			}
			return out, web.Error(err)
		})
	type tried struct {
		Body struct {
			Taken int `json:"taken"`
			Left  int `json:"left"`
		}
	}
	huma.Register(api, huma.Operation{OperationID: "retry-messages-aside", Method: http.MethodPost, Path: "/v1/messages/aside/retry", Tags: []string{"app"},
		DefaultStatus: http.StatusOK, Summary: "Hand in again what was set aside; what is taken now is set aside no longer"},
		func(ctx context.Context, in *struct {
			Body struct {
				VIN string `json:"vin,omitempty"`
			}
		}) (*tried, error) {
			out := &tried{}
			var err error
			out.Body.Taken, out.Body.Left, err = a.retryAside(ctx, vin.VIN(in.Body.VIN))
			return out, web.Error(err)
		})
}
