package updater

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"roadbook/wire/uptane"
)

// maxDetail bounds the text of a report.
const maxDetail = 500

// sealReport makes the next vehicle manifest (5.4.2.1). Its counter rises with every report, also after the counter was lost.
func (u *Updater) sealReport(progress, campaign string, a uptane.Attack, detail string) ([]byte, error) {
	now, cur := u.cfg.Clock.Now().UTC(), u.Current()
	u.kept.Counter = max(u.kept.Counter+1, now.UnixMicro())
	if len(detail) > maxDetail {
		detail = detail[:maxDetail]
	}
	report, err := uptane.Sign(uptane.Report{
		ECU: u.cfg.ECU, HardwareID: u.cfg.HardwareID,
		Installed: uptane.Installed{Name: cur.Name, Length: cur.Length, SHA256: cur.SHA256, ReleaseCounter: cur.ReleaseCounter, Version: cur.Release.Version},
		Attack:    a, Detail: detail, Time: now, Counter: u.kept.Counter,
	}, u.cfg.Signer)
	if err != nil {
		return nil, err
	}
	m := uptane.Manifest{VIN: string(u.cfg.VIN), Primary: u.cfg.ECU, Reports: map[string]uptane.Signed{u.cfg.ECU: report}}
	if progress != "" {
		m.Progress = &uptane.Progress{Campaign: campaign, State: progress}
		if u.kept.Job != nil {
			m.Progress.Bytes = u.kept.Job.Fetched
		}
	}
	signed, err := uptane.Sign(m, u.cfg.Signer)
	if err != nil {
		return nil, err
	}
	return json.Marshal(signed)
}

// tell reports a state on the way, once: when it is lost, the one that ends the job says enough.
func (u *Updater) tell(ctx context.Context, progress string) {
	raw, err := u.sealReport(progress, u.kept.Job.Image.Campaign, "", "")
	if err == nil {
		err = u.save() // the counter is used up before it is seen
	}
	if err == nil {
		err = u.put(ctx, raw)
	}
	if err != nil {
		u.cfg.Log.Info("state not told", "state", progress, "err", err)
	}
}

// queue makes a report due and tries to deliver it.
func (u *Updater) queue(ctx context.Context, progress, campaign string, a uptane.Attack, detail string) error {
	raw, err := u.sealReport(progress, campaign, a, detail)
	if err != nil {
		return err
	}
	u.kept.Report = raw
	if err := u.save(); err != nil {
		return err
	}
	return u.deliver(ctx)
}

// deliver sends the report that is due, until it is taken.
func (u *Updater) deliver(ctx context.Context) error {
	if u.kept.Report == nil {
		return nil
	}
	if err := u.put(ctx, u.kept.Report); err != nil {
		return err
	}
	u.kept.Report = nil
	return u.save()
}

// put sends one manifest. One that the maker will never take is given up: it must not stand in the way of the next update.
func (u *Updater) put(ctx context.Context, raw []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, u.cfg.BaseURL+"/car/v1/manifest", bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := u.cfg.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return err
	}
	switch s := resp.StatusCode; {
	case s < 300:
		return nil
	case s == http.StatusUnauthorized, s == http.StatusRequestTimeout, s == http.StatusTooManyRequests, s >= 500:
		return fmt.Errorf("the maker does not take the report now: %s", resp.Status)
	}
	u.cfg.Log.Warn("report refused", "status", resp.Status, "answer", string(said))
	return nil
}
