package cockpit

import (
	"context"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "write a screenshot of every screen to this folder")

// chromium is where Debian puts it. A test that needs it fails without it: a skipped test proves nothing.
const chromium = "/usr/bin/chromium"

// browser opens a tab the size of a head unit; said returns what the browser complained of since it was last asked.
func browser(t *testing.T) (ctx context.Context, said func() []string) {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		t.Fatalf("this test needs Chromium: apt-get install chromium (%v)", err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var all []string
	err := chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*log.EventEntryAdded); ok && e.Entry.Level == "error" {
			mu.Lock()
			all = append(all, e.Entry.Text)
			mu.Unlock()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	must(t, ctx, chromedp.EmulateViewport(1280, 720))
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		out := all
		all = nil
		return out
	}
}

func must(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// The driver finds the offer, drives off (the button goes without a reload), parks again and buys.
func TestBuyInTheCar(t *testing.T) {
	c := newToy()
	srv := httptest.NewServer(handler(c))
	defer srv.CloseClientConnections()
	ctx, said := browser(t)
	const buy = chromedp.CSS("#buy button")
	must(t, ctx, chromedp.Navigate(srv.URL), chromedp.Click(chromedp.CSS(`.dock a[href="/shop"]`)), chromedp.Click(chromedp.CSS(`.rows a[href="/shop/pilot.highway"]`)), chromedp.WaitVisible(buy))
	if h := eval[float64](t, ctx, `document.querySelector("#buy button").getBoundingClientRect().height`); h < 64 {
		t.Errorf("the button is %v pixels high: too small for a thumb", h)
	}
	c.set(func(c *toy) { c.state.Drive, c.state.Speed = Moving, 52.4 })
	must(t, ctx, chromedp.WaitVisible(chromedp.CSS(".locked")), chromedp.WaitNotVisible(buy))
	if v := eval[string](t, ctx, `document.querySelector('[data-now="speed"]').textContent`); v != "52" {
		t.Errorf("the speed shows %q", v)
	}
	c.set(func(c *toy) { c.state.Drive, c.state.Speed = Parked, 0 })
	must(t, ctx, chromedp.WaitVisible(buy))
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(buy)); err != nil {
		t.Fatal(err)
	}
	if s := eval[string](t, ctx, `document.querySelector(".banner").innerText`); !strings.Contains(s, "is yours") {
		t.Errorf("after buying the screen says %q", s)
	}
	if c.set(func(c *toy) {}); len(c.keys) != 1 {
		t.Errorf("bought %d times", len(c.keys))
	}
	if all := said(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
}

// Every target that the driver may hit is large, and no screen scrolls sideways, on a wide and on an upright head unit.
func TestScreensFit(t *testing.T) {
	c := newToy()
	srv := httptest.NewServer(handler(c))
	defer srv.CloseClientConnections()
	ctx, said := browser(t)
	for path, name := range map[string]string{"/": "now", "/shop": "shop", "/shop/pilot.highway": "offer", "/apps": "apps", "/update": "update", "/update?moving": "moving"} {
		c.set(func(c *toy) {
			c.state.Drive, c.state.Speed = Parked, 0
			if name == "moving" {
				c.state.Drive, c.state.Speed = Moving, 87
			}
		})
		for _, screen := range []struct {
			name, scheme  string
			width, height int64
		}{{"day", "light", 1280, 720}, {"night", "dark", 1280, 720}, {"upright", "dark", 768, 1024}} {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: screen.scheme}}}
			if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
				t.Fatal(err)
			}
			must(t, ctx, chromedp.EmulateViewport(screen.width, screen.height), chromedp.Navigate(srv.URL+path))
			if w := eval[int64](t, ctx, `document.documentElement.scrollWidth`); w > screen.width {
				t.Errorf("%s is %d wide on %d", path, w, screen.width)
			}
			small := eval[string](t, ctx, `[...document.querySelectorAll("a:not(.skip), button")].filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.textContent).join()`)
			if small != "" {
				t.Errorf("%s: too small to hit: %s", path, small)
			}
			if *shots == "" {
				continue
			}
			png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*shots, "cockpit-"+name+"-"+screen.name+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if all := said(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
}
