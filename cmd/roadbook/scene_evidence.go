package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"roadbook/fault"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/suites"
)

// sceneProofs are the commands that make and read the evidence of a pilot's release.
type sceneProofs struct {
	Key      sceneKeyCmd      `cmd:"" help:"Make a key that signs evidence."`
	Evidence sceneEvidenceCmd `cmd:"" help:"Run every suite that a release needs, sign what they find and say whether it may go out."`
	Sign     sceneSignCmd     `cmd:"" help:"Put the parts that suites gave together to the signed evidence of an image."`
	Verify   sceneVerifyCmd   `cmd:"" help:"Check a bundle's signature and hold it against the limits of a release."`
	Show     sceneShowCmd     `cmd:"" help:"Write a page to step through cases tick by tick, with pictures."`
}

type sceneKeyCmd struct {
	File string `arg:"" help:"The private key; the public one is written beside it with .pub." placeholder:"FILE"`
}

// Help is shown by roadbook scene key --help.
func (sceneKeyCmd) Help() string {
	return `Writes an Ed25519 key as PEM. Keep the private half where evidence is made; give the public half to the server:

    roadbook scene key lab.pem
    roadbook serve --evidence-key lab.pem.pub`
}

// Run writes two files, and overwrites none.
func (c *sceneKeyCmd) Run(out io.Writer) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	sec, pub, err := bundle.WriteKeys(key)
	if err != nil {
		return err
	}
	for _, name := range []string{c.File, c.File + ".pub"} {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("%s exists: a key is never overwritten", name)
		}
	}
	for _, f := range []struct {
		name string
		body []byte
		mode os.FileMode
	}{{c.File, sec, 0o600}, {c.File + ".pub", pub, 0o644}} {
		w, err := os.OpenFile(f.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
		if err != nil {
			return err
		}
		if _, err := w.Write(f.body); err != nil {
			return errors.Join(err, w.Close())
		}
		if err := w.Close(); err != nil {
			return err
		}
		fmt.Fprintln(out, f.name)
	}
	return nil
}

// signFlags say what is signed, by whom, and where the bundle goes.
type signFlags struct {
	Image   string `required:"" help:"The image that is released; the evidence is of exactly these bytes." type:"existingfile" placeholder:"FILE"`
	RXSWIN  string `name:"rxswin" required:"" help:"What its software is known by to the regulation: R157:NUMBER." placeholder:"R157:NUMBER"`
	Key     string `required:"" help:"Ed25519 private key, PEM." type:"existingfile" placeholder:"FILE"`
	Against string `help:"Bundle of the shipped release, to compare with." type:"existingfile" placeholder:"BUNDLE"`
	Out     string `short:"o" required:"" help:"The bundle." placeholder:"BUNDLE"`
	Made    string `help:"When it was made, UTC (default: now)." placeholder:"2006-01-02T15:04:05Z"`
}

// notary is what signFlags name, read and found good.
type notary struct {
	key     ed25519.PrivateKey
	image   []byte
	against *bundle.Against
	shipped *bundle.Bundle // nil: nothing to compare with
}

func (f *signFlags) read() (notary, error) {
	var n notary
	if err := place(f.Out); err != nil {
		return n, err
	}
	if !bundle.RXSWIN.MatchString(f.RXSWIN) {
		return n, fault.New(fault.Invalid, "evidence_rxswin", "--rxswin is %.80q: expected R157:NUMBER", f.RXSWIN)
	}
	text, err := os.ReadFile(f.Key)
	if err != nil {
		return n, err
	}
	if n.key, err = bundle.PrivateKey(text); err != nil {
		return n, fmt.Errorf("%s: %w", f.Key, err)
	}
	if n.image, err = os.ReadFile(f.Image); err != nil {
		return n, err
	}
	if len(n.image) == 0 {
		return n, fault.New(fault.Invalid, "evidence_image", "%s is empty: expected the image that is released", f.Image)
	}
	if f.Against == "" {
		return n, nil
	}
	raw, err := os.ReadFile(f.Against)
	if err != nil {
		return n, err
	}
	if n.shipped, err = bundle.Verify(raw, []ed25519.PublicKey{n.key.Public().(ed25519.PublicKey)}); err != nil {
		return n, fmt.Errorf("%s: %w", f.Against, err)
	}
	n.against = &bundle.Against{Bundle: bundle.Sum(raw), Image: n.shipped.Subject.Image, RXSWIN: n.shipped.Subject.RXSWIN}
	return n, nil
}

// sign writes the bundle of the parts.
func (f *signFlags) sign(n notary, parts []bundle.Part, out io.Writer) (*bundle.Bundle, error) {
	made := f.Made
	if made == "" {
		made = time.Now().UTC().Format("2006-01-02T15:04:05Z")
	}
	b, err := bundle.Assemble(n.image, f.RXSWIN, made, parts)
	if err != nil {
		return nil, err
	}
	b.Against = n.against
	raw, err := bundle.Sign(n.key, b)
	if err != nil {
		return nil, err
	}
	if err := toFile(f.Out, func(w io.Writer) error { _, err := w.Write(raw); return err }); err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "%s: %d suites of image %s, SHA-256 %s\n", f.Out, len(b.Suites), b.Subject.Image, bundle.Sum(raw))
	return b, nil
}

type sceneSignCmd struct {
	Parts []string `arg:"" help:"What roadbook scene run SUITE --out wrote." type:"existingfile"`
	signFlags
}

// Help is shown by roadbook scene sign --help.
func (sceneSignCmd) Help() string {
	return `All parts must be of one stack and one program. The bundle names the image, the parameters, the operational design domain
and every case by SHA-256. A bundle is signed as it is, good or bad; roadbook scene verify and the server judge it.

    roadbook scene run grid --out grid.json
    roadbook scene sign grid.json ncap.json alks.json soak.json --image pilot.img --rxswin R157:RB1-2026.11 --key lab.pem -o pilot.bundle
    roadbook evidence upload release=rel_… -f pilot.bundle`
}

// Run signs.
func (c *sceneSignCmd) Run(out io.Writer) error {
	n, err := c.read()
	if err != nil {
		return err
	}
	var parts []bundle.Part
	for _, name := range c.Parts {
		p, err := readPart(name)
		if err != nil {
			return err
		}
		parts = append(parts, p)
	}
	_, err = c.sign(n, parts, out)
	return err
}

func readPart(file string) (bundle.Part, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return bundle.Part{}, err
	}
	p, err := bundle.ReadPart(b)
	if err != nil {
		return p, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

type sceneVerifyCmd struct {
	Bundle  string   `arg:"" type:"existingfile" help:"The bundle."`
	Key     []string `required:"" help:"Ed25519 public key that is trusted, PEM; again for more." type:"existingfile" placeholder:"FILE"`
	Image   string   `help:"It must be of exactly this image." type:"existingfile" placeholder:"FILE"`
	Shipped string   `help:"Bundle of the shipped release: nothing may be worse." type:"existingfile" placeholder:"BUNDLE"`
}

// Help is shown by roadbook scene verify --help.
func (sceneVerifyCmd) Help() string {
	return `Prints every figure against its limit and the shipped release, and fails with every reason when one is missed. It is
engineering evidence, not type approval.

    roadbook scene verify pilot.bundle --key lab.pem.pub --image pilot.img --shipped shipped.bundle`
}

// Run verifies and judges.
func (c *sceneVerifyCmd) Run(out io.Writer) error {
	var keys []ed25519.PublicKey
	for _, name := range c.Key {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		k, err := bundle.PublicKey(text)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		keys = append(keys, k)
	}
	read := func(name string) (*bundle.Bundle, error) {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		b, err := bundle.Verify(raw, keys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return b, nil
	}
	b, err := read(c.Bundle)
	if err != nil {
		return err
	}
	var shipped *bundle.Bundle
	if c.Shipped != "" {
		if shipped, err = read(c.Shipped); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s of %s, image %s\nmade %s by %s, %s; signature holds\n", b.Subject.RXSWIN, c.Bundle, b.Subject.Image, b.Made, b.Runner.Go, b.Runner.Arch)
	if c.Image != "" {
		image, err := os.ReadFile(c.Image)
		if err != nil {
			return err
		}
		if err := b.For(bundle.Sum(image), b.Subject.RXSWIN); err != nil {
			return err
		}
	}
	return pronounce(b, shipped, out)
}

// pronounce prints every figure of the bundle against its limit and the shipped release, and answers with what stands against it.
func pronounce(b, shipped *bundle.Bundle, out io.Writer) error {
	v := suites.Policy().Judge(b, shipped)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "suite\tfigure\tvalue\tlimit\tshipped\t")
	for _, f := range v.Figures {
		stands := ""
		switch {
		case f.Told && f.Regressed:
			stands = "worse"
		case f.Broken || f.Regressed:
			stands = "<-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", f.Suite, f.Title, f.Text(), f.LimitText(), f.ShippedText(), stands)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if v.OK() {
		return nil
	}
	texts := make([]string, len(v.Findings))
	for i, f := range v.Findings {
		texts[i] = f.Text
	}
	return fault.New(fault.Refused, "evidence_"+v.Findings[0].Code, "%s", strings.Join(texts, "\n          "))
}

// baseName is how a file is called in a title.
func baseName(file string) string { return filepath.Base(filepath.Clean(file)) }
