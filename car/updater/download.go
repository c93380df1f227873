package updater

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"roadbook/wire/uptane"
)

// syncEvery bounds how many bytes a power cut can take from a download.
const syncEvery = 4 << 20

var errSlow = errors.New("slower than the speed floor")

// get asks for a path below /car/v1 and hands the answer's body to use. The transfer is given up when it drips (5.4).
func (u *Updater) get(ctx context.Context, path, byteRange string, use func(*http.Response, io.Reader) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var n atomic.Int64
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() { // ends with this call
		defer close(done)
		u.watch(stop, &n, cancel)
	}()
	defer func() { close(stop); <-done }()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.cfg.BaseURL+"/car/v1/"+path, nil)
	if err != nil {
		return err
	}
	if byteRange != "" {
		req.Header.Set("Range", byteRange)
	}
	resp, err := u.cfg.Client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusNotFound {
			return uptane.ErrMissing
		}
		err = use(resp, counted{resp.Body, &n})
	}
	if err != nil && errors.Is(context.Cause(ctx), errSlow) {
		return &uptane.Refusal{Step: installStep, Attack: uptane.SlowRetrieval, Err: fmt.Errorf("%s: %w of %d bytes/s", path, errSlow, u.cfg.SpeedFloor)}
	}
	return err
}

// watch cancels a transfer that brings fewer bytes in a window than the floor allows. It is the network that is measured, so it
// takes real time and not the car's clock, which a test may hold still.
func (u *Updater) watch(stop <-chan struct{}, n *atomic.Int64, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(u.cfg.SpeedWindow)
	defer tick.Stop()
	need := max(1, int64(float64(u.cfg.SpeedFloor)*u.cfg.SpeedWindow.Seconds()))
	var before int64
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			now := n.Load()
			if now-before < need {
				cancel(errSlow)
				return
			}
			before = now
		}
	}
}

type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// metadata is the walk's uptane.Fetch.
func (u *Updater) metadata(ctx context.Context, repo uptane.Repo, file string, limit int64) (raw []byte, err error) {
	err = u.get(ctx, "repo/"+string(repo)+"/"+file, "", func(resp *http.Response, body io.Reader) error {
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("the maker answers %s", resp.Status)
		}
		raw, err = io.ReadAll(io.LimitReader(body, limit+1))
		return err
	})
	return raw, err
}

// partial is where an image grows; its name is its content's, so that what was fetched for another image is not continued.
func (u *Updater) partial(img uptane.Image) string {
	return u.path(fetchDir, img.Hashes["sha256"]+".part")
}

// fetch brings the whole image into its partial file and checks every hash. A file that was continued and turns out wrong may
// have been torn by a power cut: it is fetched once more from the start before anyone is blamed.
func (u *Updater) fetch(ctx context.Context, j *job) error {
	if err := u.dropOthers(j.Image); err != nil {
		return err
	}
	for {
		resumed, err := u.download(ctx, j)
		if err != nil {
			return err
		}
		f, err := os.Open(u.partial(j.Image))
		if err != nil {
			return err
		}
		err = errors.Join(j.Image.Check(f), f.Close())
		if err == nil {
			return nil
		}
		if rerr := os.Remove(u.partial(j.Image)); rerr != nil {
			return rerr
		}
		if !resumed {
			return &uptane.Refusal{Step: installStep, Attack: uptane.ArbitrarySoftware, Err: err}
		}
		u.cfg.Log.Warn("continued image is damaged, fetching it from the start", "image", j.Image.Name)
	}
}

// download continues the partial file by Range until it has the signed length.
func (u *Updater) download(ctx context.Context, j *job) (resumed bool, err error) {
	f, err := os.OpenFile(u.partial(j.Image), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	have, length := info.Size(), j.Image.Length
	if have > length {
		if err := f.Truncate(0); err != nil {
			return false, err
		}
		have = 0
	}
	if have == length {
		return true, nil
	}
	byteRange := ""
	if have > 0 {
		byteRange = fmt.Sprintf("bytes=%d-", have)
	}
	err = u.get(ctx, "images/"+url.PathEscape(j.Image.Path()), byteRange, func(resp *http.Response, body io.Reader) error {
		switch {
		case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
		case resp.StatusCode == http.StatusOK: // no Range here: from the start
			if have > 0 {
				if err := f.Truncate(0); err != nil {
					return err
				}
				have = 0
			}
		default:
			return fmt.Errorf("the maker answers %s", resp.Status)
		}
		resumed = have > 0
		got, err := u.receive(f, io.LimitReader(body, length-have+1), have, j)
		have += got
		if err != nil {
			return err
		}
		if have > length {
			return &uptane.Refusal{Step: installStep, Attack: uptane.EndlessData, Err: fmt.Errorf("the image is longer than the signed %d bytes", length)}
		}
		return nil
	})
	if errors.Is(err, uptane.ErrMissing) {
		err = &uptane.Refusal{Step: installStep, Attack: uptane.DropRequest, Err: fmt.Errorf("%s: %w", j.Image.Name, err)}
	}
	if err == nil && have < length {
		err = fmt.Errorf("the transfer ended at byte %d of %d", have, length)
	}
	if serr := f.Sync(); err == nil {
		err = serr
	}
	return resumed, err
}

// receive appends r to f, syncing now and then, and shows how far it is.
func (u *Updater) receive(f *os.File, r io.Reader, have int64, j *job) (got int64, err error) {
	watched := &shown{r: r, u: u, have: have}
	for {
		n, err := io.CopyN(f, watched, syncEvery)
		got += n
		j.Fetched += n
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		if err := f.Sync(); err != nil {
			return got, err
		}
	}
}

// shown tells the screen of every read.
type shown struct {
	r    io.Reader
	u    *Updater
	have int64
}

func (s *shown) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.have += int64(n)
	s.u.view.Lock()
	defer s.u.view.Unlock()
	s.u.status.Have = s.have
	return n, err
}

// dropOthers removes what was fetched of images that are no longer wanted.
func (u *Updater) dropOthers(img uptane.Image) error {
	names, err := filepath.Glob(u.path(fetchDir, "*"))
	if err != nil {
		return err
	}
	for _, n := range names {
		if n != u.partial(img) {
			if err := os.Remove(n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *Updater) clearFetched() error {
	return u.dropOthers(uptane.Image{})
}
