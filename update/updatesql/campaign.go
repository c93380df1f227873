package updatesql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"roadbook/fault"
	"roadbook/platform/sqldb"
	"roadbook/update"
	"roadbook/vin"
	"roadbook/wire/uptane"
)

// AddCampaign inserts a campaign with its deliveries, or returns what the same request has made before.
func (s *Store) AddCampaign(ctx context.Context, c update.Campaign, digest string, e update.CampaignStarted) (update.Campaign, error) {
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		again, err := repeated(ctx, tx, "update_campaigns", c.ID, digest)
		if err != nil || again {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO update_campaigns (id, digest, name, release_id, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			c.ID, digest, c.Name, c.ReleaseID, string(c.State), c.CreatedAt.UnixMicro()); err != nil {
			return err
		}
		for _, v := range c.VINs {
			if _, err := tx.Exec(ctx, `INSERT INTO update_deliveries (campaign_id, vin, state, attack, detail, bytes, updated_at)
				VALUES ($1, $2, $3, '', '', 0, $4)`, c.ID, string(v), string(update.Pending), c.CreatedAt.UnixMicro()); err != nil {
				return err
			}
		}
		return tx.Emit(ctx, "update.CampaignStarted", c.ID, e.At, e)
	})
	if err != nil {
		return update.Campaign{}, err
	}
	return s.Campaign(ctx, c.ID)
}

const campaignColumns = `SELECT id, name, release_id, state, created_at FROM update_campaigns `

func scanCampaign(r row) (update.Campaign, error) {
	var (
		c     update.Campaign
		state string
		at    int64
	)
	err := r.Scan(&c.ID, &c.Name, &c.ReleaseID, &state, &at)
	c.State, c.CreatedAt = update.CampaignState(state), moment(at)
	return c, err
}

// Campaign returns one campaign with its counts.
func (s *Store) Campaign(ctx context.Context, id string) (update.Campaign, error) {
	c, err := scanCampaign(s.db.Read().QueryRow(ctx, campaignColumns+`WHERE id = $1`, id))
	if err != nil {
		return c, found(err, "campaign", id)
	}
	c.Counts, err = s.counts(ctx, id)
	return c, err
}

// Campaigns lists campaigns by id, with their counts.
func (s *Store) Campaigns(ctx context.Context, after string, limit int) ([]update.Campaign, error) {
	cs, err := list(ctx, s.db.Read(), func(r *sql.Rows) (update.Campaign, error) { return scanCampaign(r) },
		campaignColumns+`WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	for i := range cs {
		if err == nil {
			cs[i].Counts, err = s.counts(ctx, cs[i].ID)
		}
	}
	return cs, err
}

func (s *Store) counts(ctx context.Context, id string) (update.Counts, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT state, COUNT(*) FROM update_deliveries WHERE campaign_id = $1 GROUP BY state`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	c := update.Counts{}
	for _, s := range update.States {
		c[s] = 0
	}
	for rows.Next() {
		var (
			state string
			n     int
		)
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		c[update.State(state)] = n
	}
	return c, rows.Err()
}

// SetCampaignState sets what the operator wants.
func (s *Store) SetCampaignState(ctx context.Context, id string, state update.CampaignState) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `UPDATE update_campaigns SET state = $1 WHERE id = $2`, string(state), id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.NotFound, "no_such_campaign", "no campaign %.80q", id))
		}
		return nil
	})
}

const deliveryColumns = `SELECT d.campaign_id, d.vin, c.release_id, d.state, d.attack, d.detail, d.bytes, d.updated_at, c.state, i.sha256, i.sha512, i.length
	FROM update_deliveries d
	JOIN update_campaigns c ON c.id = d.campaign_id
	JOIN update_releases r ON r.id = c.release_id
	JOIN update_images i ON i.sha256 = r.sha256 `

func scanDelivery(r row) (update.Delivery, error) {
	var (
		d                         update.Delivery
		v, state, attack, ofState string
		at                        int64
	)
	err := r.Scan(&d.CampaignID, &v, &d.ReleaseID, &state, &attack, &d.Detail, &d.Bytes, &at, &ofState, &d.Image.SHA256, &d.Image.SHA512, &d.Image.Length)
	d.VIN, d.State, d.Attack, d.UpdatedAt = vin.VIN(v), update.State(state), uptane.Attack(attack), moment(at)
	d.Paused = ofState == string(update.Paused)
	return d, err
}

// Deliveries lists a campaign's cars by VIN.
func (s *Store) Deliveries(ctx context.Context, campaignID string, after vin.VIN, limit int) ([]update.Delivery, error) {
	return list(ctx, s.db.Read(), func(r *sql.Rows) (update.Delivery, error) { return scanDelivery(r) },
		deliveryColumns+`WHERE d.campaign_id = $1 AND d.vin > $2 ORDER BY d.vin LIMIT $3`, campaignID, string(after), limit)
}

// CarDeliveries lists a car's deliveries, oldest campaign first.
func (s *Store) CarDeliveries(ctx context.Context, v vin.VIN) ([]update.Delivery, error) {
	return carDeliveries(ctx, s.db.Read(), v)
}

func carDeliveries(ctx context.Context, q sqldb.Querier, v vin.VIN) ([]update.Delivery, error) {
	return list(ctx, q, func(r *sql.Rows) (update.Delivery, error) { return scanDelivery(r) },
		deliveryColumns+`WHERE d.vin = $1 ORDER BY c.created_at, c.id`, string(v))
}

// Car returns what a car last reported, or only its VIN.
func (s *Store) Car(ctx context.Context, v vin.VIN) (update.Car, error) {
	return car(ctx, s.db.Read(), v)
}

func car(ctx context.Context, q sqldb.Querier, v vin.VIN) (update.Car, error) {
	var (
		c                 = update.Car{VIN: v}
		installed, attack string
		at                int64
	)
	err := q.QueryRow(ctx, `SELECT counter, digest, installed, attack, detail, seen_at FROM update_cars WHERE vin = $1`, string(v)).
		Scan(&c.Counter, &c.Digest, &installed, &attack, &c.Detail, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c.Attack, c.SeenAt = uptane.Attack(attack), moment(at)
	return c, json.Unmarshal([]byte(installed), &c.Installed)
}

// ChangeCar runs fn on the car and its deliveries and writes its answer, all in one transaction.
func (s *Store) ChangeCar(ctx context.Context, v vin.VIN, fn func(update.Car, []update.Delivery) (*update.Car, []update.Delivery, []update.CarInstalled, error)) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		had, err := car(ctx, tx, v)
		if err != nil {
			return err
		}
		all, err := carDeliveries(ctx, tx, v)
		if err != nil {
			return err
		}
		c, changed, events, err := fn(had, all)
		if err != nil {
			return err
		}
		if c != nil {
			installed, err := encode(c.Installed)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO update_cars (vin, counter, digest, installed, attack, detail, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (vin) DO UPDATE SET counter = excluded.counter, digest = excluded.digest, installed = excluded.installed,
					attack = excluded.attack, detail = excluded.detail, seen_at = excluded.seen_at`,
				string(v), c.Counter, c.Digest, installed, string(c.Attack), c.Detail, c.SeenAt.UnixMicro()); err != nil {
				return err
			}
		}
		for _, d := range changed {
			if _, err := tx.Exec(ctx, `UPDATE update_deliveries SET state = $1, attack = $2, detail = $3, bytes = $4, updated_at = $5
				WHERE campaign_id = $6 AND vin = $7`,
				string(d.State), string(d.Attack), d.Detail, d.Bytes, d.UpdatedAt.UnixMicro(), d.CampaignID, string(d.VIN)); err != nil {
				return err
			}
		}
		for _, e := range events {
			if err := tx.Emit(ctx, "update.Installed", e.CampaignID+"/"+string(e.VIN), e.At, e); err != nil {
				return err
			}
		}
		return nil
	})
}
