package console

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
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var shots = flag.String("shots", "", "write a screenshot of every page to this folder")

// chromium is where Debian puts it. A test that needs it fails without it: a skipped test proves nothing.
const chromium = "/usr/bin/chromium"

// complaints collects what the browser reports against a page: blocked by policy, failed to load, thrown.
type complaints struct {
	mu  sync.Mutex
	all []string
}

func (c *complaints) add(s string) { c.mu.Lock(); c.all = append(c.all, s); c.mu.Unlock() }

func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.all
	c.all = nil
	return all
}

// browser opens a tab of a headless Chromium that lives as long as the test.
func browser(t *testing.T) (context.Context, *complaints) {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		t.Fatalf("this test needs Chromium: apt-get install chromium (%v)", err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	c := &complaints{}
	err := chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *log.EventEntryAdded:
			if ev.Entry.Level == "error" {
				c.add(string(ev.Entry.Source) + ": " + ev.Entry.Text + " " + ev.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			c.add("exception: " + ev.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ctx, c
}

func do(t *testing.T, ctx context.Context, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func ask[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// From the fleet's number to one booked entry by clicking, with nothing blocked on the way.
func TestClickThrough(t *testing.T) {
	f := newFixture(t)
	srv := httptest.NewServer(handler(f))
	defer srv.CloseClientConnections() // /events stays open otherwise
	ctx, said := browser(t)
	click := func(sel, heading string) {
		t.Helper()
		if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(sel))); err != nil {
			t.Fatalf("clicking %s: %v", sel, err)
		}
		if h := ask[string](t, ctx, `document.querySelector("h1").innerText`); !strings.Contains(h, heading) {
			t.Fatalf("after %s the page is %q, want %q", sel, h, heading)
		}
		if all := said.take(); len(all) > 0 {
			t.Errorf("%q: the browser complains: %q", heading, all)
		}
	}
	do(t, ctx, "home", chromedp.Navigate(srv.URL), chromedp.WaitVisible(chromedp.CSS("#live")))
	if n := ask[string](t, ctx, `document.querySelector('[data-live="frames_stored"]').textContent`); n != "48,211" {
		t.Errorf("the live counter shows %q", n)
	}
	click(`nav a[href="/cars"]`, "Cars")
	click(`tbody tr:first-child a`, f.car.Serial())
	click(`.statement tbody tr:nth-child(2) a`, "Ledger")
	if sum := ask[string](t, ctx, `document.querySelector(".sum .amount").innerText`); !strings.Contains(sum, "−71,200.00") {
		t.Errorf("the pack's entries sum to %q", sum)
	}
	click(`tbody a[aria-label="Entry 3"]`, "Entry 3: Car delivered")
	click(`.trace a[href^="/invoices/"]`, "Invoice INV-7")

	do(t, ctx, "inline style", chromedp.Evaluate[chromedp.Void](`document.body.setAttribute("style", "color: red")`))
	if all := said.take(); len(all) == 0 {
		t.Error("an inline style was not reported: this test would not see a violation")
	}
}

// The first key stroke reaches the skip link, the next ones the navigation, and focus can be seen.
func TestKeyboard(t *testing.T) {
	srv := httptest.NewServer(handler(newFixture(t)))
	defer srv.CloseClientConnections()
	ctx, _ := browser(t)
	do(t, ctx, "home", chromedp.Navigate(srv.URL))
	for _, want := range []string{"#main", "/", "/", "/cars", "/cohorts", "/ledger", "/campaigns", "/scenes", "/pilots", "/sourcing", "/forecast", "/backtest", "find"} {
		do(t, ctx, "tab", chromedp.KeyEvent(kb.Tab))
		got := ask[string](t, ctx, `document.activeElement.getAttribute("href") || document.activeElement.id`)
		if got != want {
			t.Fatalf("Tab reaches %q, want %q", got, want)
		}
		if w := ask[string](t, ctx, `getComputedStyle(document.activeElement).outlineStyle`); w == "none" {
			t.Errorf("focus on %s cannot be seen", want)
		}
	}
}

// No page scrolls sideways on a phone, by day or by night. With -shots each is drawn to a file.
func TestPagesFit(t *testing.T) {
	f := newFixture(t)
	srv := httptest.NewServer(handler(f))
	defer srv.CloseClientConnections()
	ctx, said := browser(t)
	names := map[string]string{"/": "home", "/cars": "cars", "/cars/" + string(f.car): "car", "/ledger?account=cost:pack&account=cost:bom": "ledger",
		"/ledger/2": "entry", "/invoices/inv_7": "invoice", "/campaigns": "campaigns", "/campaigns/cmp_24": "campaign", "/cars/LRBSU7EV9RB000417": "refused",
		"/scenes": "scenes", "/pilots": "pilots", "/scenes/rel_24": "scene", "/cohorts": "cohorts", "/sourcing": "sourcing", "/forecast": "forecast", "/backtest": "backtest"}
	for path, name := range names {
		for _, screen := range []struct {
			name, scheme  string
			width, height int64
		}{{"wide", "light", 1360, 900}, {"dark", "dark", 1360, 900}, {"phone", "light", 390, 800}} {
			if *shots == "" && screen.name == "dark" {
				continue
			}
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: screen.scheme}}}
			do(t, ctx, path, chromedp.EmulateViewport(screen.width, screen.height))
			if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
				t.Fatal(err)
			}
			do(t, ctx, path, chromedp.Navigate(srv.URL+path), chromedp.WaitVisible(chromedp.CSS("#live")))
			if w := ask[int64](t, ctx, `document.documentElement.scrollWidth`); w > screen.width {
				t.Errorf("%s is %d wide on a screen of %d", path, w, screen.width)
			}
			if *shots == "" {
				continue
			}
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*shots, "console-"+name+"-"+screen.name+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range said.take() {
			if !strings.Contains(s, "422") { // the page of a refusal is one
				t.Errorf("%s: %s", path, s)
			}
		}
	}
}
